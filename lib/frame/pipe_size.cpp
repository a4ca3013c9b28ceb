#include "frame/pipe_size.hpp"

#include <fcntl.h>

#include <algorithm>
#include <bit>

namespace framepipe {
namespace {

constexpr std::size_t kSmallest = 64 << 10;
constexpr std::size_t kLargest = 1 << 20;

}  // namespace

PipeSize::PipeSize(int fd) : fd_(fd) {
    // Fails on anything but a pipe, sockets too.
    const int size = ::fcntl(fd_, F_GETPIPE_SZ);
    is_pipe_ = size > 0;
    if (is_pipe_) size_ = static_cast<std::size_t>(size);
}

void PipeSize::fit_frame(std::size_t size) {
    grow(size >= kLargest ? kLargest : std::clamp(std::bit_ceil(size), kSmallest, kLargest));
}

void PipeSize::make_large() {
    grow(kLargest);
}

void PipeSize::grow(std::size_t wanted) {
    if (!is_pipe_ || is_refused_ || wanted <= size_) return;
    // The kernel may refuse (a user's share of pipe memory is bounded): the old size works too.
    const int size = ::fcntl(fd_, F_SETPIPE_SZ, static_cast<int>(wanted));
    is_refused_ = size <= 0;
    if (!is_refused_) size_ = static_cast<std::size_t>(size);
}

}  // namespace framepipe
