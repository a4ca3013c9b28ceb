// From one pixel format to another.
#pragma once

#include <array>
#include <cstdint>

#include "image/pixel_format.hpp"

namespace framepipe {

using Rgb = std::array<std::uint8_t, 3>;
inline constexpr Rgb kWhite{255, 255, 255};

/// The picture in another format, right to the level: ranges and matrices are converted, never
/// relabelled; 8 and 16 bits scale by 257; where alpha is lost, pixels blend over `matte`.
/// YUV results have `range` and `matrix` (a YUV source of the same format, range and matrix is copied).
Image convert(const ImageView& from, PixelFormat to, Rgb matte = kWhite, Range range = Range::limited, Matrix matrix = Matrix::bt601);

}  // namespace framepipe
