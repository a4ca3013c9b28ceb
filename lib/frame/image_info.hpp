// Type and size of an encoded picture, from its first bytes and without decoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace framepipe {

struct ImageInfo {
    std::string_view type;  // "image/jpeg", "image/png", "image/webp"
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};

/// The MIME type that the first bytes tell ("image/jpeg", "image/png", "image/webp"); empty if none of these.
std::string_view sniff_image(std::span<const std::byte> bytes);

/// Type and size of a JPEG, PNG or WebP; nullopt if it is none or broken before its size.
std::optional<ImageInfo> identify_image(std::span<const std::byte> bytes);

/// The length of the JPEG at the start of `bytes`, up to and with its own EOI: segments are walked,
/// since an EXIF thumbnail holds an EOI of its own. 0: it is not whole yet.
/// throws Error if the bytes are no JPEG.
std::size_t jpeg_length(std::span<const std::byte> bytes);

}  // namespace framepipe
