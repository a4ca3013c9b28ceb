// The module's one entry: everything else that the program needs of OpenCV goes through this object.
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>

#include "frame/error.hpp"
#include "source/opencv/camera.hpp"
#include "source/opencv/mat_frame.hpp"
#include "source/opencv/video.hpp"
#include "source/opencv_module.hpp"

namespace framepipe {

namespace {

class Module : public OpenCv {
public:
    std::optional<Frame> read_picture(const std::string& file) override try {
        if (!cv::haveImageReader(file)) return std::nullopt;
        const cv::Mat mat = cv::imread(file, cv::IMREAD_UNCHANGED);
        if (mat.empty()) throw Error("it is a broken picture, or one of too many pixels");
        return raw_frame(mat);
    } catch (const cv::Exception& error) {
        throw Error("OpenCV: " + error.err);
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
