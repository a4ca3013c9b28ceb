// Encoded pictures by their MIME type.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "codec/jpeg.hpp"
#include "frame/bytes.hpp"
#include "image/pixel_format.hpp"

namespace framepipe {

enum class ImageType { jpeg, png, webp };

std::string_view mime_of(ImageType type);
std::optional<ImageType> image_type(std::string_view mime);

struct EncodeOptions {
    JpegOptions jpeg;
    int png_level = 3;           // zlib level, 0 to 9
    bool webp_lossless = false;  // else quality from jpeg.quality
};

/// Encodes pictures as one type. One thread at a time.
class ImageEncoder {
public:
    virtual ~ImageEncoder() = default;
    /// crew    helps where the type allows it; null: nobody does. The bytes are the same.
    /// throws  Error if the type cannot hold the picture (a side too long, say)
    virtual Bytes encode(const ImageView& image, Crew* crew = nullptr) = 0;
};
std::unique_ptr<ImageEncoder> make_encoder(ImageType type, const EncodeOptions& options);

/// The largest picture that is decoded unless told otherwise, in pixels (an image bomb says 10^10).
inline constexpr std::uint64_t kDefaultMaxPixels = 1ULL << 28;

/// Decodes a JPEG (turned upright as its EXIF data say), PNG or WebP to `format` (or, if absent, to what the file has: gray, gray16le,
/// rgb24, rgb48le, rgba or rgba64le). Where `format` has no alpha, pixels blend over `matte`;
/// YUV is bt601, full range from a JPEG and limited from others.
/// throws Error if the bytes are none of these, are broken, or hold more than `max_pixels`; this is
///        told from the picture's header, before memory is taken
Image decode_image(std::span<const std::byte> bytes, std::optional<PixelFormat> format = {}, std::uint64_t max_pixels = kDefaultMaxPixels,
                   Rgb matte = kWhite);

/// The planes of a JPEG as they are stored (full range, bt601), for encoding them anew without a detour
/// through RGB; of other pictures, and of JPEGs that have to be turned, what decode_image() gives without a format.
Image decode_planes(std::span<const std::byte> bytes, std::uint64_t max_pixels = kDefaultMaxPixels);

}  // namespace framepipe
