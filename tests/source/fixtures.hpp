// A pipe that cleans up after itself, pictures, and words that were said.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "folder.hpp"
#include "frame/descriptor.hpp"
#include "frame/input.hpp"
#include "source/source.hpp"

namespace framepipe_test {

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
        out = framepipe::Descriptor(ends[0]);
        in = framepipe::Descriptor(ends[1]);
    }
    /// Frames that were written, without their stages.
    std::unique_ptr<framepipe::FrameInput> reader() const {
        framepipe::InputOptions options;
        options.stamp = false;
        return framepipe::open_input(out.get(), options);
    }

    framepipe::Descriptor out;
    framepipe::Descriptor in;
};

/// Keeps what is said, from any thread.
struct Words {
    framepipe::Say say() {
        const auto keep = [this](const std::string& words) {
            const std::lock_guard lock(mutex);
            lines.push_back(words);
        };
        return {keep, keep, keep};
    }
    std::vector<std::string> all() {
        const std::lock_guard lock(mutex);
        return lines;
    }
    std::size_t count(const std::string& part) {
        std::size_t n = 0;
        for (const auto& line : all()) n += line.find(part) != std::string::npos;
        return n;
    }

    std::mutex mutex;
    std::vector<std::string> lines;
};

// The smallest of their kinds that say their size: 3x2 each.
inline const std::string kPng = std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\3\0\0\0\2\x08\2\0\0\0\x12\x16\xf1\x4d", 33) +
                                std::string("\0\0\0\0IEND\xae\x42\x60\x82", 12);
inline const std::string kJpeg =
    std::string("\xff\xd8\xff\xc0\0\x0b\x08\0\2\0\3\1\1\x11\0", 15) + std::string("\xff\xda\0\x08\1\1\0\0\x3f\0\x55\xff\xd9", 13);
inline const std::string kWebp = std::string("RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f\2\x40\0\0\0\0\0\0\0", 30);

}  // namespace framepipe_test
