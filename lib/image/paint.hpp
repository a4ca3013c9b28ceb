// Rectangles and letters of one colour into a picture of any pixel format.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "image/convert.hpp"
#include "image/pixel_format.hpp"

namespace framepipe {

/// A colour as one pixel format stores it. YUV is limited range, bt601.
struct Ink {
    std::array<std::byte, 8> pixel{};  // packed formats: the bytes of a pixel; yuyv422: of two
    std::byte y{}, u{}, v{};           // planar formats
};
Ink ink(PixelFormat format, Rgb colour);

struct Rect {
    std::int64_t x = 0, y = 0, width = 0, height = 0;
};

/// Fills the part of `rect` that lies inside the picture. Where chroma is shared by several pixels,
/// the last rectangle that touches one of them sets it.
/// picture  tight rows of `format` and `extent`
void fill(std::span<std::byte> picture, PixelFormat format, Extent extent, Rect rect, const Ink& ink);

/// Writes a line of the letters of font.hpp, as far as it lies inside the picture.
/// x, y   of the upper left corner of the first letter
/// scale  pixels a dot
void write(std::span<std::byte> picture, PixelFormat format, Extent extent, std::string_view words, std::int64_t x, std::int64_t y,
           std::uint32_t scale, const Ink& ink);

}  // namespace framepipe
