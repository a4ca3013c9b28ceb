// Video files and network streams by OpenCV's FFmpeg.
#pragma once

#include <memory>
#include <string>

#include "source/opencv_module.hpp"

namespace framepipe {

/// See OpenCv::open_video.
std::unique_ptr<Video> open_ffmpeg_video(const std::string& url);

}  // namespace framepipe
