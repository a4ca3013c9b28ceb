// The decoders behind decode_image().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "image/pixel_format.hpp"

namespace framepipe {

/// Throws an Error if a picture of that size is more than `max_pixels`. `type` is what messages call it: "JPEG".
void check_extent(const char* type, std::uint64_t width, std::uint64_t height, std::uint64_t max_pixels);

/// Each gives the picture upright as the file has it, and in `wanted` what it can give at no more cost (absent: the file's own).
Image decode_jpeg(std::span<const std::byte> bytes, std::optional<PixelFormat> wanted, std::uint64_t max_pixels);
Image decode_png(std::span<const std::byte> bytes, std::uint64_t max_pixels);
Image decode_webp(std::span<const std::byte> bytes, std::uint64_t max_pixels);

}  // namespace framepipe
