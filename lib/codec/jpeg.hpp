// JPEG by libjpeg-turbo.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "frame/bytes.hpp"
#include "image/convert.hpp"
#include "image/crew.hpp"
#include "image/pixel_format.hpp"

namespace framepipe {

enum class Subsampling { s444, s422, s420, gray };

/// "420", "422", "444" or "gray". throws UsageError
Subsampling parse_subsampling(std::string_view text);

struct JpegOptions {
    int quality = 80;  // 1 to 100
    Subsampling subsampling = Subsampling::s420;
    bool subsampling_asked = false;  // false: YUV input keeps its own
    Rgb matte = kWhite;
};

/// Encodes pictures as baseline JPEG. Keeps its buffers between calls; one thread at a time.
class JpegEncoder {
public:
    explicit JpegEncoder(JpegOptions options);
    ~JpegEncoder();
    JpegEncoder(JpegEncoder&&) noexcept;

    /// image    any pixel format; YUV planes go in without a detour through RGB where they can
    /// crew     helps with a large picture; null: nobody does. The JPEG is the same.
    /// returns  the JPEG
    /// throws   Error if a side is 0 or over 65500 pixels (libjpeg's JPEG_MAX_DIMENSION)
    /// source   ITU-T T.81, JFIF (full range, bt601)
    Bytes encode(const ImageView& image, Crew* crew = nullptr);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe
