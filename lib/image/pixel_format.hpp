// Pixel formats by ffmpeg's names, and how their bytes lie.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "frame/frame.hpp"

namespace framepipe {

enum class PixelFormat {
    rgb24,
    bgr24,
    rgba,
    bgra,
    gray,
    gray16le,
    rgb48le,
    rgba64le,
    yuyv422,
    yuv420p,
    yuv422p,
    yuv444p,
    nv12,
};

/// How YUV numbers are to be read: JPEG is `full`, `bt601`.
enum class Range { limited, full };
enum class Matrix { bt601, bt709 };

struct Extent {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    friend bool operator==(const Extent&, const Extent&) = default;
};

std::string_view name_of(PixelFormat format);
std::optional<PixelFormat> pixel_format(std::string_view name);
/// All formats, in the order of the manual.
std::span<const PixelFormat> all_pixel_formats();
bool is_yuv(PixelFormat format);
bool has_alpha(PixelFormat format);
/// 16-bit samples, little-endian.
bool is_deep(PixelFormat format);

/// Bytes of one picture: tight rows, 4:2:0 chroma planes of ceil(w/2) x ceil(h/2), yuyv rows of 4 ceil(w/2).
std::uint64_t picture_size(PixelFormat format, Extent extent);

struct Plane {
    std::size_t offset = 0;  // from the start of the picture
    std::size_t stride = 0;  // bytes a row
    std::uint32_t rows = 0;
};
/// The planes of a tight picture; unused ones have no rows.
std::array<Plane, 3> planes_of(PixelFormat format, Extent extent);

/// A picture of pixels that somebody else owns; tight rows.
struct ImageView {
    PixelFormat format = PixelFormat::rgb24;
    Extent extent;
    Range range = Range::limited;   // of YUV
    Matrix matrix = Matrix::bt601;  // of YUV
    std::span<const std::byte> bytes;
};

/// A picture that owns its pixels.
struct Image {
    PixelFormat format = PixelFormat::rgb24;
    Extent extent;
    Range range = Range::limited;
    Matrix matrix = Matrix::bt601;
    Block pixels;

    ImageView view() const { return {format, extent, range, matrix, pixels.span()}; }
};

/// The pixels of an `image/x-raw` frame.
/// throws Error if the format is unknown, a side is 0, or the payload has not the size that they say
ImageView raw_view(const Frame& frame);

/// Sets type, format, width, height, range and matrix of a header (the last two only for YUV).
void describe_raw(Header& header, const ImageView& image);

}  // namespace framepipe
