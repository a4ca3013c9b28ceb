// Golden files and temporary pipes for the tests of lib/frame.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "frame/bytes.hpp"
#include "frame/descriptor.hpp"

namespace framepipe_test {

inline std::string golden(const std::string& name) {
    std::ifstream file(std::string(FRAMEPIPE_SOURCE) + "/tests/frame/golden/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Pipe {
    framepipe::Descriptor read;
    framepipe::Descriptor write;

    Pipe() {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        read = framepipe::Descriptor(ends[0]);
        write = framepipe::Descriptor(ends[1]);
    }
    void put(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t n = ::write(write.get(), text.data(), text.size());
            if (n < 0) throw std::runtime_error("write");
            text.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    /// What can be read without waiting.
    std::string ready() const {
        ::fcntl(read.get(), F_SETFL, O_NONBLOCK);
        std::string out;
        char buffer[65536];
        for (ssize_t n = 0; (n = ::read(read.get(), buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<std::size_t>(n));
        ::fcntl(read.get(), F_SETFL, 0);
        return out;
    }
};

}  // namespace framepipe_test
