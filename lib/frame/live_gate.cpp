#include "frame/live_gate.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "frame/error.hpp"
#include "frame/writer.hpp"

namespace framepipe {
namespace {

using namespace std::chrono_literals;

/// A reader that takes a frame within this time keeps up: scheduling alone can cost a millisecond.
constexpr auto kPrompt = 5ms;
/// So many in a row show it: anybody takes the first one at once.
constexpr int kOpenAfter = 3;

}  // namespace

LiveGate::LiveGate(int input, const FrameWriter* downstream) : input_(input), downstream_(downstream) {
    struct stat status {};
    if (downstream_ == nullptr || ::fstat(input, &status) != 0) return;
    is_pipe_ = S_ISFIFO(status.st_mode);
    is_socket_ = S_ISSOCK(status.st_mode);
    if (!is_pipe_ && !is_socket_) downstream_ = nullptr;  // a file is not live
    closed_ = downstream_ != nullptr;
}

bool LiveGate::before_read(bool input_ahead) {
    if (downstream_ == nullptr || !last_was_live_) return true;
    if (!closed_ && !downstream_->drained()) {
        // The next frame comes before the last one was read: downstream is the slower side.
        if (!input_ahead) wait_readable(input_);
        closed_ = !downstream_->drained();
        prompt_ = 0;
    }
    bool reader_there = true;
    if (closed_) {
        const auto start = SteadyClock::now();
        while (!downstream_->wait_drained(SteadyClock::now() + 1h) && reader_there) reader_there = !downstream_->reader_left();
        prompt_ = SteadyClock::now() - start < kPrompt ? prompt_ + 1 : 0;
        closed_ = prompt_ < kOpenAfter;
    }
    take_last();
    return reader_there;
}

bool LiveGate::peek_last(std::byte& last) {
    for (;;) {
        ssize_t n = 0;
        if (is_socket_) {
            n = ::recv(input_, &last, 1, MSG_PEEK);
        } else {
            if (!scratch_read_) {
                int ends[2];
                if (::pipe2(ends, O_CLOEXEC) != 0) throw SystemError("cannot make a pipe", errno);
                scratch_read_ = Descriptor(ends[0]);
                scratch_write_ = Descriptor(ends[1]);
            }
            // tee(2) copies from pipe to pipe without taking.
            n = ::tee(input_, scratch_write_.get(), 1, 0);
            if (n == 1) n = ::read(scratch_read_.get(), &last, 1);
        }
        if (n == 1) {
            byte_held_ = true;
            return true;
        }
        if (n == 0) return false;
        if (errno == EAGAIN) {
            wait_readable(input_);
        } else if (errno != EINTR) {
            throw SystemError("cannot read", errno);
        }
    }
}

void LiveGate::take_last() {
    if (!byte_held_) return;
    byte_held_ = false;
    std::byte last;
    while (::read(input_, &last, 1) < 0) {
        if (errno == EAGAIN) {
            wait_readable(input_);
        } else if (errno != EINTR) {
            throw SystemError("cannot read", errno);
        }
    }
}

void wait_readable(int fd) {
    pollfd look{fd, POLLIN, 0};
    ::poll(&look, 1, -1);
}

}  // namespace framepipe
