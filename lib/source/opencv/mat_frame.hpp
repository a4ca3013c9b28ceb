// OpenCV's matrices as frames. For this module only: other code never sees OpenCV's types.
#pragma once

#include "frame/frame.hpp"
#include "image/pixel_format.hpp"

namespace cv {
class Mat;
}

namespace framepipe {

/// A frame of pixels with a copy of the matrix, which must have the bytes of `format` at `extent`.
/// throws Error if it has not
Frame raw_frame(const cv::Mat& mat, PixelFormat format, Extent extent);

/// The same for what OpenCV makes of picture files: 8 or 16 bits (floating point becomes 8), one
/// channel, BGR or BGRA.
Frame raw_frame(const cv::Mat& mat);

/// A copy of the matrix's bytes.
Bytes bytes_of(const cv::Mat& mat);

}  // namespace framepipe
