// Text to pixels.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "frame/bytes.hpp"
#include "image/pixel_format.hpp"
#include "text/style.hpp"

namespace framepipe {

/// Text drawn: rgba, straight alpha, tight rows. The pixels change no more as long as somebody holds them.
struct TextPicture {
    Extent extent;
    Bytes pixels;
};

/// Draws texts in one style. Layout (shaping, bidirectional text, line breaks, fallback fonts) is Pango's, pixels
/// are FreeType's. Fonts, glyphs and the picture's memory are kept from text to text. One thread at a time.
class TextRenderer {
public:
    /// warn    told what is missing: a key (the same for the same lack) and one line. May be empty.
    /// throws  Error if the font is a file and cannot be read as one; UsageError if the style is no font's
    explicit TextRenderer(TextStyle style, std::function<void(const std::string& key, const std::string& line)> warn = {});
    ~TextRenderer();

    /// text        any bytes: what is not UTF-8 becomes U+FFFD, control characters but newline and tab are left out.
    ///             Empty: an empty picture, of the style's size or a line high
    /// wrap_width  pixels that lines are broken to if the style has no size; absent: they are as long as they are
    /// throws      Error if the markup is wrong, or the picture would be larger than kMaxTextSide, kMaxTextPixels
    TextPicture draw(std::string_view text, std::optional<std::uint32_t> wrap_width = {});

    const TextStyle& style() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe
