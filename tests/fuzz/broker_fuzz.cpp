// Any bytes as what comes from a broker, and as its address: messages become frames with a whole header or are left
// out, and headers stay the same on their way.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "broker/address.hpp"
#include "broker/header_travel.hpp"
#include "broker/incoming.hpp"
#include "broker/topics.hpp"
#include "require.hpp"

namespace {

using namespace framepipe;
using namespace framepipe::broker;
using framepipe_test::may_refuse;
using framepipe_test::require;

void read_address(const std::string& text) {
    may_refuse([&] {
        const Address address = Address::parse(text);
        require(!address.hosts.empty());
        may_refuse([&] { place_to_publish(address); });
        may_refuse([&] { place_to_take(address); });
    });
}

void read_topic(std::string_view text) {
    require(stream_of_level(topic_level(text)) == text);
    parts_of(text, "framepipe");
}

void read_meta(std::string_view text, std::span<const std::byte> payload) {
    may_refuse([&] {
        const Meta meta = Meta::parse(text);
        const Meta again = Meta::parse(to_meta(meta.header, payload));
        require(again.header.text() == meta.header.text());
        require(again.belongs_to(payload));
    });
}

/// Lines, `NAME=VALUE`.
Properties properties_of(std::string_view text) {
    Properties properties;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
        const auto equals = line.find('=');
        properties.emplace_back(line.substr(0, equals), equals == std::string_view::npos ? "" : line.substr(equals + 1));
    }
    return properties;
}

void check_header(const Header& header) {
    require(Header::parse(header.text()).text() == header.text());
}

void read_properties(const Properties& properties) {
    const Header header = from_properties("image/png", properties);
    check_header(header);
    const auto sent = to_properties(header);
    if (sent) require(to_properties(from_properties(header.type(), *sent)) == sent);
}

void read_messages(const Message& message) {
    const auto now = SteadyClock::now();
    Incoming incoming("stream", 1 << 10, [](const std::string&) {});
    incoming.meta(message);
    for (const auto& frame : {incoming.snapshot(message, now), incoming.picture(message, now), incoming.words(message, "text/plain"),
                              incoming.status(message)}) {
        if (frame) check_header(frame->header);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const std::string text(reinterpret_cast<const char*>(data), size);
    read_address(text.substr(0, text.find('\n')));  // a word of the command line
    read_topic(text);
    read_meta(text, bytes);
    if (!is_valid_utf8(text)) return 0;  // MQTT's own texts are, or the library ends the connection
    read_properties(properties_of(text));
    read_messages({.topic = "framepipe/stream/frame", .payload = bytes, .retained = true});
    const std::string type = text.substr(0, text.find('\n'));
    read_messages({.topic = "framepipe/stream/frame", .payload = bytes, .content_type = type, .properties = properties_of(text)});
    return 0;
}
