// Pictures in another size.
#pragma once

#include <cstdint>

#include "image/pixel_format.hpp"

namespace framepipe {

/// Scales `channels` (1 to 4) samples a pixel, tight rows, to `size`: by the mean of what a pixel covers where it shrinks, by
/// linear interpolation where it grows. Both extents have sides of at least 1; `out` has room for the result and is
/// not `samples`.
void resample(const std::uint8_t* samples, Extent extent, unsigned channels, std::uint8_t* out, Extent size);
void resample(const std::uint16_t* samples, Extent extent, unsigned channels, std::uint16_t* out, Extent size);

}  // namespace framepipe
