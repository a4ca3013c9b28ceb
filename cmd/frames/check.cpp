#include "frames/check.hpp"

#include "frame/dialects.hpp"
#include "frame/error.hpp"
#include "frame/image_info.hpp"
#include "image/pixel_format.hpp"

namespace framepipe::frames {
namespace {

void check_side(const Header& header, const char* key, std::uint32_t found) {
    const auto said = header.integer(key);
    if (said && *said != std::int64_t{found}) {
        throw Error("the header says " + std::string(key) + " " + std::to_string(*said) + ", the picture has " + std::to_string(found));
    }
}

void check_encoded(const Frame& frame) {
    const std::string& type = frame.header.type();
    const auto info = identify_image(frame.payload);
    if (!info && sniff_image(frame.payload) == type) throw Error("a broken picture: no size can be found in its " + type);
    if (!info || info->type != type) {
        throw Error("the header says " + type + ", the payload is " + (info ? std::string(info->type) : describe_start(frame.payload)));
    }
    check_side(frame.header, "width", info->width);
    check_side(frame.header, "height", info->height);
}

}  // namespace

void check_pixels(const Header& header, std::uint64_t payload_size) {
    // raw_view() compares sizes and looks at no byte.
    static constexpr std::byte nothing{};
    raw_view({header, Bytes({}, {&nothing, static_cast<std::size_t>(payload_size)})});
}

void check(const Frame& frame) {
    const std::string& type = frame.header.type();
    if (frame.header.end()) {
        if (!frame.payload.empty()) throw Error("the end of a stream with a payload of " + std::to_string(frame.payload.size()) + " bytes");
    } else if (frame.header.is_raw()) {
        raw_view(frame);
    } else if (type == "image/jpeg" || type == "image/png" || type == "image/webp") {
        check_encoded(frame);
    }
}

}  // namespace framepipe::frames
