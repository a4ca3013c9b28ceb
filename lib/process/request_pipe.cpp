#include "process/request_pipe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "frame/error.hpp"
#include "frame/writer.hpp"

namespace framepipe {

RequestPipe::RequestPipe(int fd) : fd_(fd), pipe_(fd) {
    const int flags = ::fcntl(fd_, F_GETFL);
    if (flags < 0 || ::fcntl(fd_, F_SETFL, flags | O_NONBLOCK) != 0) throw SystemError("cannot use a pipe", errno);
    pipe_.make_large();
}

RequestPipe::Taken RequestPipe::write(const Frame& frame) {
    head_ = wire_head(frame.header, frame.payload.size());
    payload_ = frame.payload;
    written_ = 0;
    return write_some();
}

RequestPipe::Taken RequestPipe::finish() {
    for (;;) {
        const Taken taken = write_some();
        if (taken != Taken::partly) return taken;
        pollfd room{fd_, POLLOUT, 0};
        ::poll(&room, 1, -1);
    }
}

RequestPipe::Taken RequestPipe::write_some() {
    const std::size_t size = head_.size() + payload_.size();
    while (written_ < size) {
        const std::size_t of_head = std::min(written_, head_.size()), of_payload = written_ - of_head;
        const iovec parts[2] = {{head_.data() + of_head, head_.size() - of_head},
                                {const_cast<std::byte*>(payload_.data()) + of_payload, payload_.size() - of_payload}};
        const ssize_t n = ::writev(fd_, parts, 2);
        if (n >= 0) {
            written_ += static_cast<std::size_t>(n);
        } else if (errno == EAGAIN) {
            return Taken::partly;
        } else if (errno == EPIPE) {
            return Taken::reader_left;
        } else if (errno != EINTR) {
            throw SystemError("cannot write to its input", errno);
        }
    }
    payload_ = {};
    return Taken::whole;
}

}  // namespace framepipe
