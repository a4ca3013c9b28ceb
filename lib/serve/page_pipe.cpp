#include "serve/page_pipe.hpp"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

namespace framepipe::serve {
namespace {

/// As large as a user other than root may make them.
constexpr int kPipeSize = 1 << 20;

}  // namespace

PagePipe::PagePipe() : nowhere_(open("/dev/null", O_WRONLY | O_CLOEXEC)) {
    if (!nowhere_) return;
    for (Pipe* pipe : {&pages_, &way_}) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
        pipe->read_end = Descriptor(ends[0]);
        pipe->write_end = Descriptor(ends[1]);
        // Where the user has too much in pipes already, small messages alone fit.
        fcntl(ends[1], F_SETPIPE_SZ, kPipeSize);
    }
}

void PagePipe::load(int file, std::size_t size) {
    unload();
    if (!way_.write_end || size > static_cast<std::size_t>(kPipeSize)) return;
    off_t at = 0;
    while (static_cast<std::size_t>(at) < size) {
        if (splice(file, &at, pages_.write_end.get(), nullptr, size - static_cast<std::size_t>(at), SPLICE_F_NONBLOCK) > 0) continue;
        return clear(pages_);
    }
    file_ = file;
    size_ = size;
}

void PagePipe::unload() {
    if (file_ >= 0) clear(pages_);
    file_ = -1;
}

ssize_t PagePipe::send(int socket) {
    const ssize_t ready = tee(pages_.read_end.get(), way_.write_end.get(), size_, SPLICE_F_NONBLOCK);
    if (ready <= 0) return -1;
    const ssize_t sent = splice(way_.read_end.get(), nullptr, socket, nullptr, static_cast<std::size_t>(ready), SPLICE_F_NONBLOCK);
    if (sent < ready) {
        const int error = errno;
        clear(way_);
        errno = error;
    }
    return sent;
}

void PagePipe::clear(Pipe& pipe) {
    // Reading would copy the bytes.
    while (splice(pipe.read_end.get(), nullptr, nowhere_.get(), nullptr, kPipeSize, SPLICE_F_NONBLOCK) > 0) {
    }
}

}  // namespace framepipe::serve
