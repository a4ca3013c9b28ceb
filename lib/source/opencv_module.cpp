#include "source/opencv_module.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "frame/error.hpp"

namespace framepipe {

namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "opencv.so";

std::vector<fs::path> places() {
    std::error_code ignored;
    const fs::path prefix = fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path();
    return {prefix / "lib" / "framepipe" / kFile, prefix / FRAMEPIPE_LIBDIR / "framepipe" / kFile};
}

OpenCv* load() {
    // OpenCV and FFmpeg read these when they are loaded: no words of theirs on stderr, where ours are
    // single lines, and a limit for pictures that say they are huge.
    ::setenv("OPENCV_LOG_LEVEL", "SILENT", 0);
    ::setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);
    ::setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "268435456", 0);
    // A frozen camera is given up after so many seconds.
    ::setenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "5", 0);
    std::error_code ignored;
    const auto candidates = places();
    for (const auto& file : candidates) {
        if (!fs::exists(file, ignored)) continue;
        // Never closed: what it made may live until the end.
        void* module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module == nullptr) throw Error(fmt::format("cannot load OpenCV: {}; is libopencv-videoio installed?", ::dlerror()));
        auto* factory = reinterpret_cast<OpenCv* (*)()>(::dlsym(module, "framepipe_opencv"));
        if (factory == nullptr) throw Error(fmt::format("cannot load OpenCV: {} is not of this program", file.string()));
        return factory();
    }
    throw Error(fmt::format("cannot load OpenCV: there is no {}; install framepipe with its modules", candidates.front().string()));
}

}  // namespace

OpenCv& opencv() {
    static OpenCv* const module = load();
    return *module;
}

}  // namespace framepipe
