// Videos and cameras in the network that FFmpeg reads: rtsp://, https:// and the like.
#pragma once

#include <memory>
#include <string>

#include "source/opencv_module.hpp"

namespace framepipe {

/// throws Error that names the address, without its password
std::unique_ptr<Video> open_network_video(const std::string& url);

}  // namespace framepipe
