// The module's one entry: everything else that the program needs of OpenCV goes through this object.
#include <iostream>
#include <opencv2/imgcodecs.hpp>

#include "frame/error.hpp"
#include "source/opencv/camera.hpp"
#include "source/opencv/mat_frame.hpp"
#include "source/opencv/video.hpp"
#include "source/opencv_module.hpp"

namespace framepipe {

namespace {

/// While it lives, nothing reaches std::cerr: OpenCV prints there what it also tells us.
class SilentCerr {
public:
    SilentCerr() : before_(std::cerr.rdbuf(nullptr)) {}
    ~SilentCerr() {
        std::cerr.rdbuf(before_);
        std::cerr.clear();
    }
    SilentCerr(const SilentCerr&) = delete;
    SilentCerr& operator=(const SilentCerr&) = delete;

private:
    std::streambuf* before_;
};

class Module : public OpenCv {
public:
    std::optional<Frame> read_picture(const std::string& file) override try {
        const SilentCerr silence;
        if (!cv::haveImageReader(file)) return std::nullopt;
        const cv::Mat mat = cv::imread(file, cv::IMREAD_UNCHANGED);
        if (mat.empty()) throw Error("the picture is broken");
        return raw_frame(mat);
    } catch (const cv::Exception& error) {
        // Its limits are expressions of its own code.
        throw Error(error.err.find("PIXELS") != std::string::npos ? "it has more than 268435456 pixels" : "OpenCV: " + error.err);
    }

    std::unique_ptr<Video> open_video(const std::string& url) override { return open_ffmpeg_video(url); }
    std::unique_ptr<Camera> open_camera(const CameraRequest& request) override { return open_v4l2_camera(request); }
};

}  // namespace

}  // namespace framepipe

extern "C" __attribute__((visibility("default"))) framepipe::OpenCv* framepipe_opencv() {
    static framepipe::Module module;
    return &module;
}
