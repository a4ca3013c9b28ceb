// Rectangles of one colour into a picture of any pixel format.
#pragma once

#include <array>
#include <cstdint>
#include <span>

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

}  // namespace framepipe
