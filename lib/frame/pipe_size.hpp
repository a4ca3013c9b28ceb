// How much a pipe holds: enough that a frame does not cross it in crumbs, not so much that pictures age in it.
#pragma once

#include <cstddef>

namespace framepipe {

/// The size of the pipe behind a descriptor that is not owned. Either end may make it grow, it never
/// shrinks; anything but a pipe is left alone. One thread at a time.
class PipeSize {
public:
    explicit PipeSize(int fd);

    bool is_pipe() const { return is_pipe_; }

    /// True if it is a pipe that takes `size` bytes when it is empty.
    bool holds(std::size_t size) const { return is_pipe_ && size <= size_; }

    /// Lets the pipe hold about one frame of `size` bytes: 64 KiB to 1 MiB. More would be a queue.
    void fit_frame(std::size_t size);

    /// Lets it hold as much as any: 1 MiB. For frames that do not age.
    void make_large();

private:
    void grow(std::size_t wanted);

    int fd_;
    bool is_pipe_ = false;
    bool is_refused_ = false;  // to grow
    std::size_t size_ = 0;
};

}  // namespace framepipe
