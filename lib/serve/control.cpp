#include "serve/control.hpp"

#include <boost/json.hpp>

#include "frame/error.hpp"

namespace framepipe::serve {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxStreams = 64;
constexpr std::size_t kMaxPing = 256;
constexpr std::size_t kMaxName = 256;

std::string text_of(const json::value& value, const char* what) {
    if (!value.is_string()) throw Error(std::string(what) + " must be a string");
    return std::string(value.as_string());
}

double number_of(const json::value& value, const char* what) {
    boost::json::error_code ec;
    const auto number = value.to_number<double>(ec);
    if (ec) throw Error(std::string(what) + " must be a number");
    return number;
}

}  // namespace

Control parse_control(std::string_view text) {
    boost::json::error_code ec;
    const json::value value = json::parse({text.data(), text.size()}, ec);
    if (ec || !value.is_object()) throw Error("a control message must be a JSON object");
    Control control;
    for (const auto& [key, member] : value.as_object()) {
        if (key == "ack") {
            const double count = number_of(member, "ack");
            if (!(count >= 0) || count > 9e15) throw Error("ack must be a count");
            control.ack = static_cast<std::uint64_t>(count);
        } else if (key == "stream") {
            control.stream = text_of(member, "stream");
        } else if (key == "subscribe") {
            if (member.is_string() && member.as_string() == "*") {
                control.subscribe_all = true;
                continue;
            }
            if (!member.is_array()) throw Error("subscribe must be a list of names or \"*\"");
            if (member.as_array().size() > kMaxStreams) throw Error("subscribe takes up to " + std::to_string(kMaxStreams) + " names");
            control.subscribe.emplace();
            for (const json::value& name : member.as_array()) control.subscribe->push_back(text_of(name, "a name in subscribe"));
        } else if (key == "fps") {
            control.fps = number_of(member, "fps");
            if (!(*control.fps >= 0)) throw Error("fps must not be negative");
        } else if (key == "pause") {
            if (!member.is_bool()) throw Error("pause must be true or false");
            control.pause = member.as_bool();
        } else if (key == "request") {
            control.request = text_of(member, "request");
            if (control.request->empty() || control.request->size() > kMaxName) throw Error("request must be a short name");
        } else if (key == "text") {
            control.text = text_of(member, "text");
        } else if (key == "as") {
            control.as = parse_as(text_of(member, "as"));
            if (!control.as || !travels_as_bytes(*control.as)) throw Error("as must be image, lossless or raw");
        } else if (key == "ping") {
            control.ping = json::serialize(member);
            if (control.ping->size() > kMaxPing) throw Error("ping must be short");
        }
        // Other keys are for servers to come.
    }
    return control;
}

}  // namespace framepipe::serve
