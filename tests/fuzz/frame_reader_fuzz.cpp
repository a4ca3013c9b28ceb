// Any bytes, read as a stream of frames: each input ends, in frames or in an Error with one line.
#include <cstddef>
#include <cstdint>
#include <span>

#include "frame/image_info.hpp"
#include "frame/input.hpp"
#include "frame/writer.hpp"
#include "require.hpp"

namespace {

using namespace framepipe;
using framepipe_test::may_refuse;
using framepipe_test::require;

/// What every reader promises of a frame.
void examine(const Frame& frame, std::uint64_t max_frame) {
    require(frame.payload.size() <= max_frame);
    require(!frame.header.type().empty());
    // What was read can be written, and then has the same members with the same text.
    const std::string text = frame.header.text();
    require(Header::parse(text).text() == text);
    unsigned sum = 0;
    for (const std::byte byte : frame.payload.span()) sum += std::to_integer<unsigned>(byte);
    require(sum <= 255 * frame.payload.size());
    if (frame.header.is_image() && !frame.header.is_raw()) identify_image(frame.payload);
}

void read_all(Bytes bytes, bool lines, bool leaves_out = false) {
    InputOptions options;
    options.max_frame = leaves_out ? 32 : 64 << 10;
    options.lines = lines;
    if (leaves_out) options.left_out = [](const std::string&) {};
    const auto input = open_input(std::move(bytes), options);
    may_refuse([&] {
        while (const auto frame = input->next()) examine(*frame, options.max_frame);
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    read_all(Bytes::copy_of(bytes), false);
    read_all(Bytes::copy_of(bytes), true);
    read_all(Bytes::copy_of(bytes), true, true);
    identify_image(bytes);
    return 0;
}
