#include "source/opencv/video.hpp"

#include <cmath>
#include <opencv2/videoio.hpp>

#include "frame/error.hpp"
#include "source/opencv/mat_frame.hpp"

namespace framepipe {

namespace {

constexpr double kTimeoutMs = 10'000;

class FfmpegVideo : public Video {
public:
    explicit FfmpegVideo(const std::string& url) {
        const std::vector<int> parameters{cv::CAP_PROP_OPEN_TIMEOUT_MSEC, static_cast<int>(kTimeoutMs), cv::CAP_PROP_READ_TIMEOUT_MSEC,
                                          static_cast<int>(kTimeoutMs)};
        if (!capture_.open(url, cv::CAP_FFMPEG, parameters)) throw Error("it is neither a picture nor a video that can be read");
        live_ = capture_.get(cv::CAP_PROP_FRAME_COUNT) <= 0;
        const double fps = capture_.get(cv::CAP_PROP_FPS);
        if (std::isfinite(fps) && fps > 0) step_us_ = std::llround(1e6 / fps);
    }

    std::optional<Frame> next() override try {
        cv::Mat mat;
        if (!capture_.read(mat) || mat.empty()) return std::nullopt;
        Frame frame = raw_frame(mat);
        frame.header.set("pts_us", position());
        return frame;
    } catch (const cv::Exception& error) {
        throw Error("OpenCV: " + error.err);
    }

    bool live() const override { return live_; }

private:
    /// The frame's own time stamp. OpenCV up to 4.6 says 0 for the frames that the decoder held back
    /// to the end (issue 22141), and for containers that have none: those follow at the last distance.
    std::int64_t position() {
        const auto stamp = static_cast<std::int64_t>(std::llround(capture_.get(cv::CAP_PROP_POS_MSEC) * 1000));
        if (!last_) return *(last_ = stamp);
        if (stamp > *last_) step_us_ = stamp - *last_;
        return *(last_ = *last_ + step_us_);
    }

    cv::VideoCapture capture_;
    bool live_ = false;
    std::int64_t step_us_ = 40'000;
    std::optional<std::int64_t> last_;
};

}  // namespace

std::unique_ptr<Video> open_ffmpeg_video(const std::string& url) try {
    return std::make_unique<FfmpegVideo>(url);
} catch (const cv::Exception& error) {
    throw Error("OpenCV: " + error.err);
}

}  // namespace framepipe
