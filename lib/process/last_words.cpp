#include "process/last_words.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>

namespace framepipe {
namespace {

constexpr std::size_t kLastLines = 3;
constexpr std::size_t kMaxLastBytes = 1 << 20;

}  // namespace

LastWords::LastWords(int fd, LineSplitter::Take take)
    : fd_(fd), lines_([this, take = std::move(take)](const std::string& line) {
          last_.push_back(line);
          if (last_.size() > kLastLines) last_.pop_front();
          take(line);
      }) {}

std::size_t LastWords::read() {
    std::array<char, 16 << 10> buffer;
    const ssize_t size = ::read(fd_, buffer.data(), buffer.size());
    if (size <= 0) {
        fd_ = -1;
        return 0;
    }
    lines_.put({buffer.data(), static_cast<std::size_t>(size)});
    return static_cast<std::size_t>(size);
}

const std::deque<std::string>& LastWords::finish() {
    pollfd descriptor{fd_, POLLIN, 0};
    for (std::size_t bytes = 0; fd_ >= 0 && bytes < kMaxLastBytes && ::poll(&descriptor, 1, 0) == 1;) bytes += read();
    lines_.end();
    return last_;
}

}  // namespace framepipe
