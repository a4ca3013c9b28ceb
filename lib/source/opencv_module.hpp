// OpenCV, which lives in a module of its own: it drags in hundreds of shared libraries, so it is
// loaded only when a camera, a video or an odd image format needs it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "image/pixel_format.hpp"
#include "source/source.hpp"

namespace framepipe {

/// What to ask of a camera. What it does not do it answers with the nearest it has.
struct CameraRequest {
    std::string device;          // "/dev/video0"
    std::string fourcc;          // "MJPG" and "YUYV" are passed on as they come; anything else becomes bgr24
    std::optional<Extent> size;  // absent: 640x480
    std::optional<double> fps;   // absent: 30
};

/// A camera that is open. next() throws when the device fails.
class Camera : public Source {
public:
    /// What the camera really gives: "640x480 MJPG at 30 frames a second".
    virtual std::string given() const = 0;
};

/// A video file or a stream that FFmpeg reads. Frames are bgr24 with `pts_us`.
class Video : public Source {
public:
    /// True if it has no end that could be known: a camera in the network, say.
    virtual bool live() const = 0;
};

/// What the module does for us.
class OpenCv {
public:
    virtual ~OpenCv() = default;

    /// A picture of any format that OpenCV reads, as pixels; nullopt: OpenCV does not know the format.
    /// throws Error if the file is broken, or holds more than 2^28 pixels
    virtual std::optional<Frame> read_picture(const std::string& file) = 0;
    /// throws Error if FFmpeg cannot open it
    virtual std::unique_ptr<Video> open_video(const std::string& url) = 0;
    /// Null: OpenCV could not open the device, and does not say why.
    virtual std::unique_ptr<Camera> open_camera(const CameraRequest& request) = 0;
};

/// Loads the module in the first call. It is looked for beside the program: `../lib/framepipe`, and
/// where the installation puts libraries.
/// throws Error that names the file that is missing, or the loader's reason
OpenCv& opencv();

}  // namespace framepipe
