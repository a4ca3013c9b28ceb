#include "source/opencv_module.hpp"

#include <cstdlib>

#include "frame/module.hpp"

namespace framepipe {

namespace {

OpenCv* load() {
    // OpenCV and FFmpeg read these when they are loaded: no words of theirs on stderr, where ours are
    // single lines, and a limit for pictures that say they are huge.
    ::setenv("OPENCV_LOG_LEVEL", "SILENT", 0);
    ::setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);
    ::setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "268435456", 0);
    // A frozen camera is given up after so many seconds.
    ::setenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "5", 0);
    auto* factory = reinterpret_cast<OpenCv* (*)()>(load_module({"opencv.so", "framepipe_opencv", "OpenCV", FRAMEPIPE_OPENCV_PACKAGE}));
    return factory();
}

}  // namespace

OpenCv& opencv() {
    static OpenCv* const module = load();
    return *module;
}

}  // namespace framepipe
