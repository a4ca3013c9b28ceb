// Opens a camera the way capture wants it: pictures untouched where it makes JPEGs.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "image/pixel_format.hpp"
#include "source/source.hpp"

namespace framepipe {

enum class CameraPictures { automatic, mjpeg, raw };

struct CameraOptions {
    std::string device;  // "/dev/video0"
    CameraPictures pictures = CameraPictures::automatic;
    std::optional<Extent> size;
    std::optional<double> fps;
};

/// Opens the camera and says what it really gives, if `say_given`. JPEGs that are cut are left out,
/// said once; those without Huffman tables get them.
/// throws Error if it cannot be opened, with the reason
std::unique_ptr<Source> open_camera(const CameraOptions& options, const Say& say, bool say_given);

/// Mends and checks the JPEGs of a source that makes them on the fly, such as a camera: cut ones are
/// left out and said once, missing Huffman tables are put in, width and height are the picture's own.
class JpegCare : public Source {
public:
    /// name  what messages call the source
    JpegCare(std::unique_ptr<Source> inner, std::string name, Say say)
        : inner_(std::move(inner)), name_(std::move(name)), say_(std::move(say)) {}

    std::optional<Frame> next() override;

private:
    std::unique_ptr<Source> inner_;
    std::string name_;
    Say say_;
    bool said_ = false;
};

}  // namespace framepipe
