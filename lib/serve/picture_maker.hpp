// Makes the representations of a picture: JPEG, PNG, RGBA bytes.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "codec/jpeg.hpp"
#include "frame/frame.hpp"
#include "serve/metrics.hpp"

namespace framepipe::serve {

/// Any thread; encoders are kept between pictures.
class PictureMaker {
public:
    /// quality  of the JPEGs, 1 to 100
    PictureMaker(int quality, Metrics& metrics) : quality_(quality), metrics_(metrics) {}

    /// The picture as JPEG; a JPEG itself is returned as it is.
    /// throws Error if it is no picture or a broken one
    Bytes jpeg(const Frame& frame);

    /// Pixels as PNG.
    /// throws  as jpeg()
    Bytes png(const Frame& frame);

    /// RGBA bytes as a canvas' ImageData wants them.
    /// header  gets the size that was found
    /// throws  as jpeg()
    Bytes rgba(const Frame& frame, Header& header);

private:
    int quality_;
    Metrics& metrics_;
    Crew crew_{spare_cores()};
    std::mutex mutex_;  // guards idle_
    std::vector<std::unique_ptr<JpegEncoder>> idle_;
};

}  // namespace framepipe::serve
