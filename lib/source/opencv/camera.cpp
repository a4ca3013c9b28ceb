#include "source/opencv/camera.hpp"

#include <fmt/format.h>

#include <chrono>
#include <opencv2/videoio.hpp>

#include "frame/clock.hpp"
#include "frame/error.hpp"
#include "source/opencv/mat_frame.hpp"

namespace framepipe {

namespace {

/// A driver's time stamp older than this is of some other clock.
constexpr std::int64_t kOldestStampUs = 10'000'000;

int fourcc_code(const std::string& name) {
    return cv::VideoWriter::fourcc(name[0], name[1], name[2], name[3]);
}

std::string fourcc_name(double value) {
    const auto code = static_cast<unsigned>(value);
    std::string name;
    for (unsigned shift = 0; shift < 32; shift += 8) name += static_cast<char>(code >> shift & 0x7f);
    return name;
}

/// A driver's time (steady clock) as microseconds since the UNIX epoch.
std::int64_t unix_time(double driver_ms) {
    const auto steady = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now().time_since_epoch()).count();
    const auto age = steady - static_cast<std::int64_t>(driver_ms * 1000);
    return age >= 0 && age < kOldestStampUs ? now_us() - age : now_us();
}

class V4l2Camera : public Camera {
public:
    explicit V4l2Camera(const CameraRequest& request) {
        if (!capture_.open(request.device, cv::CAP_V4L2)) return;
        // The format first: it decides which sizes there are, the size which rates. OpenCV would take
        // BGR where a device has it.
        if (!request.fourcc.empty()) capture_.set(cv::CAP_PROP_FOURCC, fourcc_code(request.fourcc));
        if (request.size) {
            capture_.set(cv::CAP_PROP_FRAME_WIDTH, request.size->width);
            capture_.set(cv::CAP_PROP_FRAME_HEIGHT, request.size->height);
        }
        if (request.fps) capture_.set(cv::CAP_PROP_FPS, *request.fps);
        fourcc_ = fourcc_name(capture_.get(cv::CAP_PROP_FOURCC));
        if (fourcc_ == "MJPG" || fourcc_ == "YUYV") capture_.set(cv::CAP_PROP_CONVERT_RGB, 0);
        extent_ = {static_cast<std::uint32_t>(capture_.get(cv::CAP_PROP_FRAME_WIDTH)),
                   static_cast<std::uint32_t>(capture_.get(cv::CAP_PROP_FRAME_HEIGHT))};
        fps_ = capture_.get(cv::CAP_PROP_FPS);
    }

    bool is_open() const { return capture_.isOpened(); }

    std::optional<Frame> next() override try {
        cv::Mat mat;
        if (!capture_.read(mat) || mat.empty()) throw Error("the device gives no more pictures");
        Frame frame = picture(mat);
        frame.header.set("time_us", unix_time(capture_.get(cv::CAP_PROP_POS_MSEC)));
        return frame;
    } catch (const cv::Exception& error) {
        throw Error("OpenCV: " + error.err);
    }

    std::string given() const override {
        const std::string rate = fps_ > 0 ? fmt::format(" at {:.4g} frames a second", fps_) : std::string();
        return fmt::format("{}x{} {}{}", extent_.width, extent_.height, fourcc_, rate);
    }

private:
    Frame picture(const cv::Mat& mat) const {
        if (fourcc_ == "YUYV") return raw_frame(mat, PixelFormat::yuyv422, extent_);
        if (fourcc_ != "MJPG") return raw_frame(mat);
        Header header("image/jpeg");
        header.set("width", std::int64_t{extent_.width});
        header.set("height", std::int64_t{extent_.height});
        return {std::move(header), bytes_of(mat)};
    }

    cv::VideoCapture capture_;
    std::string fourcc_;
    Extent extent_;
    double fps_ = 0;
};

}  // namespace

std::unique_ptr<Camera> open_v4l2_camera(const CameraRequest& request) try {
    auto camera = std::make_unique<V4l2Camera>(request);
    if (!camera->is_open()) return nullptr;
    return camera;
} catch (const cv::Exception&) {
    return nullptr;
}

}  // namespace framepipe
