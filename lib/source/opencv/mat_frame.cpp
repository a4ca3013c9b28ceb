#include "source/opencv/mat_frame.hpp"

#include <fmt/format.h>

#include <cstring>
#include <opencv2/core/mat.hpp>
#include <opencv2/imgproc.hpp>

#include "frame/error.hpp"

namespace framepipe {

Bytes bytes_of(const cv::Mat& mat) {
    const std::size_t row = static_cast<std::size_t>(mat.cols) * mat.elemSize();
    Block block(row * static_cast<std::size_t>(mat.rows));
    if (mat.isContinuous()) {
        std::memcpy(block.data(), mat.data, block.size());
    } else {
        for (int y = 0; y < mat.rows; ++y) std::memcpy(block.data() + row * static_cast<std::size_t>(y), mat.ptr(y), row);
    }
    return std::move(block).share();
}

Frame raw_frame(const cv::Mat& mat, PixelFormat format, Extent extent) {
    Bytes bytes = bytes_of(mat);
    if (bytes.size() != picture_size(format, extent)) {
        throw Error(fmt::format("{} bytes are no {} picture of {}x{}", bytes.size(), name_of(format), extent.width, extent.height));
    }
    Header header("image/x-raw");
    describe_raw(header, ImageView{format, extent, Range::limited, Matrix::bt601, bytes.span()});
    return {std::move(header), std::move(bytes)};
}

Frame raw_frame(const cv::Mat& mat) {
    const Extent extent{static_cast<std::uint32_t>(mat.cols), static_cast<std::uint32_t>(mat.rows)};
    if (mat.depth() == CV_32F || mat.depth() == CV_64F) {
        cv::Mat eight;
        mat.convertTo(eight, CV_8U, 255.0);
        return raw_frame(eight);
    }
    cv::Mat ordered;
    switch (mat.type()) {
        case CV_8UC1:
            return raw_frame(mat, PixelFormat::gray, extent);
        case CV_8UC3:
            return raw_frame(mat, PixelFormat::bgr24, extent);
        case CV_8UC4:
            return raw_frame(mat, PixelFormat::bgra, extent);
        case CV_16UC1:
            return raw_frame(mat, PixelFormat::gray16le, extent);
        case CV_16UC3:
            cv::cvtColor(mat, ordered, cv::COLOR_BGR2RGB);
            return raw_frame(ordered, PixelFormat::rgb48le, extent);
        case CV_16UC4:
            cv::cvtColor(mat, ordered, cv::COLOR_BGRA2RGBA);
            return raw_frame(ordered, PixelFormat::rgba64le, extent);
        default:
            throw Error(fmt::format("its pixels are of a kind that is not supported (OpenCV type {})", mat.type()));
    }
}

}  // namespace framepipe
