#include "serve/page_pipe.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

namespace framepipe::serve {
namespace {

/// At once: what a socket does not take of it was referred to in vain.
constexpr std::size_t kPiece = 256 << 10;
/// A piece that begins within a page ends in one more.
constexpr int kPipeSize = 2 * kPiece;

}  // namespace

PagePipe::PagePipe() : nowhere_(::open("/dev/null", O_WRONLY | O_CLOEXEC)) {
    int ends[2];
    if (!nowhere_ || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
    way_out_ = Descriptor(ends[0]);
    way_in_ = Descriptor(ends[1]);
    // Where the user has too much in pipes already, pieces are smaller.
    fcntl(way_in_.get(), F_SETPIPE_SZ, kPipeSize);
    const iovec nothing{};
    if (vmsplice(ends[1], &nothing, 0, SPLICE_F_NONBLOCK) != 0) way_in_.reset();
}

ssize_t PagePipe::send(int socket, std::span<const std::byte> bytes) {
    const iovec piece{const_cast<std::byte*>(bytes.data()), std::min(bytes.size(), kPiece)};
    const ssize_t ready = vmsplice(way_in_.get(), &piece, 1, SPLICE_F_NONBLOCK);
    if (ready <= 0) return -1;
    const ssize_t sent = splice(way_out_.get(), nullptr, socket, nullptr, static_cast<std::size_t>(ready), SPLICE_F_NONBLOCK);
    if (sent < ready) {
        const int error = errno;
        clear();
        errno = error;
    }
    return sent;
}

void PagePipe::clear() {
    // Reading would copy the bytes.
    while (splice(way_out_.get(), nullptr, nowhere_.get(), nullptr, kPipeSize, SPLICE_F_NONBLOCK) > 0) {
    }
}

}  // namespace framepipe::serve
