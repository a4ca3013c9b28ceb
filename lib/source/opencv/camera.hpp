// Cameras by OpenCV's V4L2.
#pragma once

#include <memory>

#include "source/opencv_module.hpp"

namespace framepipe {

/// See OpenCv::open_camera.
std::unique_ptr<Camera> open_v4l2_camera(const CameraRequest& request);

}  // namespace framepipe
