#include "text/text_frames.hpp"

#include <fmt/format.h>

#include <utility>

#include "frame/error.hpp"
#include "frame/error_frame.hpp"

namespace framepipe {

Frame picture_frame(Header header, TextPicture picture) {
    header.set("type", "image/x-raw");
    header.set("format", "rgba");
    header.set("width", static_cast<std::int64_t>(picture.extent.width));
    header.set("height", static_cast<std::int64_t>(picture.extent.height));
    return {std::move(header), std::move(picture.pixels)};
}

void check_text(std::string_view text, std::uint64_t max_text) {
    if (text.size() <= max_text) return;
    throw Error(fmt::format("cannot draw a text of {} bytes: the limit is {} (--max-text)", text.size(), max_text));
}

TextFrames::TextFrames(TextRenderer& renderer, std::uint64_t max_text, std::function<void(const std::string&)> bad)
    : renderer_(renderer), max_text_(max_text), bad_(std::move(bad)) {}

std::optional<Frame> TextFrames::operator()(Frame frame) {
    const bool request = frame.header.raw("request").has_value();
    const bool text = frame.header.type() == "text/plain";
    if (frame.header.end() || frame.header.raw("error") || (!text && !request)) return frame;
    try {
        if (!text) throw Error(fmt::format("cannot draw {}: text/plain is wanted", frame.header.type()));
        check_text(frame.payload.text(), max_text_);
        TextPicture picture = renderer_.draw(frame.payload.text());
        return picture_frame(std::move(frame.header), std::move(picture));
    } catch (const Error& error) {
        if (request) return error_frame(std::move(frame.header), error.what());
        bad_(error.what());
        return {};
    }
}

}  // namespace framepipe
