// An owning file descriptor.
#pragma once

#include <utility>

namespace framepipe {

/// Owns a file descriptor and closes it in the destructor. -1: none.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

    /// Gives the descriptor up without closing it.
    int release() { return std::exchange(fd_, -1); }

    void reset();

private:
    int fd_ = -1;
};

}  // namespace framepipe
