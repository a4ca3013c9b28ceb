// What cameras there are and what they can do, asked of the kernel itself.
#pragma once

#include <string>
#include <vector>

namespace framepipe {

struct CameraFormat {
    std::string fourcc;              // "MJPG"
    std::string description;         // "Motion-JPEG"
    std::vector<std::string> sizes;  // "640x480 (30, 15 fps)"
};

struct CameraDevice {
    std::string path;
    std::string name;    // "UVC Camera"
    std::string driver;  // "uvcvideo"
    std::vector<CameraFormat> formats;

    bool has(const std::string& fourcc) const;
};

/// Asks a device what it is.
/// throws Error that says what to do: no such device, no permission (the group `video`), no camera,
///        or one that only libcamera can read
CameraDevice query_camera(const std::string& path);

/// All cameras of this machine that can be asked.
std::vector<CameraDevice> list_cameras();

/// The list as lines for a person.
std::string describe(const std::vector<CameraDevice>& cameras);

/// Why a device that could be asked does not stream, as far as the kernel tells: "it is busy: ...".
std::string why_no_stream(const std::string& path);

/// Throws if the driver is one whose pictures only libcamera makes sense of.
void check_driver(const std::string& path, const std::string& driver);

}  // namespace framepipe
