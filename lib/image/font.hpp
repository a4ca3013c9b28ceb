// Letters as bitmaps, where a font would be too much.
#pragma once

#include <array>
#include <cstdint>

namespace framepipe {

inline constexpr std::uint32_t kGlyphWidth = 5;
inline constexpr std::uint32_t kGlyphHeight = 7;
/// From one letter to the next.
inline constexpr std::uint32_t kGlyphAdvance = 6;

/// The rows of a letter, top to bottom; bit 4 is the leftmost dot. Known are those of ASCII; anything
/// else is a box.
std::array<std::uint8_t, kGlyphHeight> glyph(char letter);

}  // namespace framepipe
