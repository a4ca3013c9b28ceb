// Text frames to pictures.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "frame/frame.hpp"
#include "text/renderer.hpp"

namespace framepipe {

/// The picture of a text as a frame: type, format, width, height and payload. `header` brings the other keys.
Frame picture_frame(Header header, TextPicture picture);

/// Draws what text frames say.
class TextFrames {
public:
    /// max_text  bytes of a text; a longer one is not drawn
    /// bad       told why a frame that is no request is left out
    TextFrames(TextRenderer& renderer, std::uint64_t max_text, std::function<void(const std::string& why)> bad);

    /// A text becomes its picture, with all other keys of its header; an answer that is an error already, and what
    /// is no text and no request, stay as they are. nullopt: left out.
    std::optional<Frame> operator()(Frame frame);

private:
    TextRenderer& renderer_;
    std::uint64_t max_text_;
    std::function<void(const std::string&)> bad_;
};

/// throws Error if the text is longer than `max_text` bytes
void check_text(std::string_view text, std::uint64_t max_text);

}  // namespace framepipe
