// Bands of a picture as JPEGs, by libjpeg-turbo.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "codec/jpeg.hpp"
#include "image/pixel_format.hpp"
#include "image/yuv_rows.hpp"

namespace framepipe {

/// Pixels of an MCU: the luma blocks that share a block of each chroma.
Extent mcu_extent(Subsampling subsampling);

/// Whole rows of MCUs, but for the last ones of a picture.
struct JpegRows {
    std::uint32_t first = 0, count = 0;  // rows of pixels
    std::uint32_t restart_interval = 0;  // MCUs that the header says are between two restart markers; 0: nothing is said
};

/// Compresses one band after the other, each to a JPEG that has the band's height, whole from SOI to EOI. Keeps its
/// memory; one thread at a time. The JPEGs are valid until the next call.
/// throws  Error
class JpegBand {
public:
    explicit JpegBand(JpegOptions options);
    ~JpegBand();

    /// Packed pixels.
    std::span<const std::byte> encode_pixels(const ImageView& image, const JpegRows& band);
    /// Planes whose subsampling is the wanted one, or luma alone.
    std::span<const std::byte> encode_planes(YuvRows& rows, Subsampling subsampling, const JpegRows& band);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe
