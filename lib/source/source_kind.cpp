#include "source/source_kind.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "frame/error.hpp"

namespace framepipe {

namespace {

constexpr std::array<std::string_view, 10> kFfmpegSchemes{"rtsp", "rtsps", "https", "rtmp", "rtmps", "udp", "tcp", "rtp", "srt", "mms"};

bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// A camera's node, also one that is not there now.
bool is_camera_path(const std::string& path) {
    if (path.starts_with("/dev/video") || path.starts_with("/dev/v4l/")) return true;
    struct stat status {};
    return path.starts_with("/dev/") && ::stat(path.c_str(), &status) == 0 && S_ISCHR(status.st_mode);
}

}  // namespace

SourceKind kind_of(const std::string& argument) {
    if (argument == "test:") return SourceKind::pattern;
    if (argument == "-") return SourceKind::input;
    if (is_number(argument) || is_camera_path(argument)) return SourceKind::camera;
    if (argument.starts_with("http://")) return SourceKind::http;
    if (argument.starts_with("ws://") || argument.starts_with("wss://")) return SourceKind::websocket;
    if (argument.starts_with("mqtt://") || argument.starts_with("mqtts://")) return SourceKind::broker;
    if (const auto scheme = argument.find("://"); scheme != std::string::npos) {
        const auto name = std::string_view(argument).substr(0, scheme);
        if (std::find(kFfmpegSchemes.begin(), kFfmpegSchemes.end(), name) != kFfmpegSchemes.end()) return SourceKind::network;
        throw UsageError(fmt::format("unknown kind of source: {}", argument));
    }
    return SourceKind::file;
}

std::string camera_device(const std::string& argument) {
    return is_number(argument) ? "/dev/video" + argument : argument;
}

}  // namespace framepipe
