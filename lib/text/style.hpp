// How text is to look.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "image/pixel_format.hpp"
#include "text/rgba.hpp"

namespace framepipe {

/// `start` is where the line's writing begins: left, but right for Arabic and Hebrew.
enum class Align { start, left, center, right, justify };
enum class Valign { top, middle, bottom };
/// Where lines that are too long are broken.
enum class Wrap { none, word, character, word_character };

struct Shadow {
    int x = 0, y = 0;   // pixels right and down of the text
    unsigned blur = 0;  // radius in pixels
    Rgba colour;
};

struct TextStyle {
    /// A family, a Pango description ("Serif Bold Italic"), or a font file (a name with a slash, or with
    /// the ending of a font file). Empty: the system's sans.
    std::string font;
    double font_size = 32;  // pixels, height of the em square
    Rgba colour = kBlack;
    Rgba background = kTransparent;
    /// Of the picture; absent: as large as the text with its padding, outline and shadow.
    std::optional<Extent> size;
    Align align = Align::start;
    Valign valign = Valign::top;
    Wrap wrap = Wrap::word_character;
    double line_spacing = 1;  // times the font's own
    unsigned padding = 0;     // pixels on each side
    unsigned outline = 0;     // pixels around each glyph
    Rgba outline_colour = kOpaqueWhite;
    std::optional<Shadow> shadow;
    std::optional<Rgba> box;  // behind the text, and a little larger
    bool markup = false;      // the text is Pango markup
    std::string language;     // BCP 47, "ja"; empty: the locale's
    bool fit = false;         // shrink the font until the text fits the size
};

/// The largest picture made of text: a side, and pixels in all.
inline constexpr std::uint32_t kMaxTextSide = 16384;
inline constexpr std::uint64_t kMaxTextPixels = 64ULL << 20;
inline constexpr double kMinFontSize = 1;
inline constexpr double kMaxFontSize = 2000;

}  // namespace framepipe
