// Rows of packed pixels: RGB in any order and depth, and gray.
#pragma once

#include <cstddef>
#include <cstdint>

#include "image/convert.hpp"
#include "image/pixel_format.hpp"

namespace framepipe {

/// Converts `n` pixels of a row; `from` and `to` do not overlap. See convert() for the rules.
using PackedRow = void (*)(const std::uint8_t* from, std::uint8_t* to, std::size_t n, const Rgb& matte);

/// The function from one packed format to another; both are RGB or gray, none is YUV.
PackedRow packed_row(PixelFormat from, PixelFormat to);

/// True if every alpha of `n` pixels of four bytes is 255, so that nothing is to be blended.
bool all_opaque(const std::uint8_t* pixels, std::size_t n);

/// `image`, in any packed format, in another.
void convert_packed(const ImageView& image, PixelFormat to, const Rgb& matte, std::uint8_t* out);

}  // namespace framepipe
