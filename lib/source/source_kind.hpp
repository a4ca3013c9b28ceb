// What a word on capture's command line stands for.
#pragma once

#include <string>

namespace framepipe {

enum class SourceKind {
    pattern,    // test:
    input,      // -
    camera,     // /dev/video0, 0
    http,       // http://
    websocket,  // ws://, wss://
    broker,     // mqtt://, mqtts://
    network,    // rtsp:// and what else FFmpeg opens
    file,       // a file, directory, pattern or glob
};

/// throws UsageError if it looks like an address of a kind that we do not know
SourceKind kind_of(const std::string& argument);

/// The device of a camera's number: "0" is "/dev/video0"; a path stays.
std::string camera_device(const std::string& argument);

}  // namespace framepipe
