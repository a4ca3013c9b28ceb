#include "frame/writer.hpp"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "frame/error.hpp"

namespace framepipe {
namespace {

using namespace std::chrono_literals;

/// How long to sleep between two looks at the pipe: no event tells that a pipe has run empty, so we
/// look often while it matters and seldom when nobody has read for long.
std::chrono::nanoseconds look_again(SteadyClock::duration waited) {
    if (waited < 5ms) return 200us;
    if (waited < 200ms) return 1ms;
    if (waited < 2s) return 5ms;
    return 20ms;
}

void store_little_endian(char* to, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to[i] = static_cast<char>((value >> (8 * i)) & 0xFF);
}

}  // namespace

std::string wire_head(const Header& header, std::uint64_t payload_size, std::string_view stage) {
    constexpr std::size_t alignment = 64;
    std::string head;
    head.reserve(8 * alignment);  // most are shorter
    head.resize(kPrefixSize);
    if (stage.empty())
        head += header.text();
    else
        header.append_stamped(head, stage, now_us());
    head.resize((head.size() + alignment - 1) / alignment * alignment, ' ');
    const std::size_t header_size = head.size() - kPrefixSize;
    if (header_size > kMaxHeaderSize) {
        throw Error("header of " + std::to_string(header_size) + " bytes is over the limit of " + std::to_string(kMaxHeaderSize));
    }
    std::copy(kMagic.begin(), kMagic.end(), head.begin());
    store_little_endian(head.data() + 4, header_size, 4);
    store_little_endian(head.data() + 8, payload_size, 8);
    return head;
}

FrameWriter::FrameWriter(int fd, std::string command) : fd_(fd), command_(std::move(command)), pipe_(fd) {
    struct stat status {};
    is_socket_ = ::fstat(fd_, &status) == 0 && S_ISSOCK(status.st_mode);
}

std::size_t FrameWriter::unread() const {
    int bytes = 0;
    if (pipe_.is_pipe() && ::ioctl(fd_, FIONREAD, &bytes) == 0) return static_cast<std::size_t>(std::max(bytes, 0));
    if (is_socket_ && ::ioctl(fd_, SIOCOUTQ, &bytes) == 0) return static_cast<std::size_t>(std::max(bytes, 0));
    return 0;
}

bool FrameWriter::drained() const {
    return unread() == 0;
}

bool FrameWriter::reader_left() const {
    pollfd look{fd_, 0, 0};
    return (pipe_.is_pipe() || is_socket_) && ::poll(&look, 1, 0) == 1 && (look.revents & (POLLERR | POLLHUP)) != 0;
}

void FrameWriter::wait_reader_left(int wake) const {
    pollfd look[2] = {{pipe_.is_pipe() || is_socket_ ? fd_ : -1, 0, 0}, {wake, POLLIN, 0}};
    ::poll(look, 2, -1);
}

bool FrameWriter::wait_drained(SteadyClock::time_point until, const std::function<bool()>& stop) const {
    const auto start = SteadyClock::now();
    while (!drained()) {
        const auto now = SteadyClock::now();
        if (now >= until || (stop && stop())) return drained();
        const auto nap = std::min<std::chrono::nanoseconds>(look_again(now - start), until - now);
        const timespec time{0, static_cast<long>(nap.count())};
        pollfd look{fd_, 0, 0};
        // Returns at once when the reader leaves.
        if (::ppoll(&look, 1, &time, nullptr) == 1) return drained();
    }
    return true;
}

void FrameWriter::fit_pipe(bool live, std::size_t size) {
    if (live)
        pipe_.fit_frame(size);
    else
        pipe_.make_large();
}

bool FrameWriter::write(const Frame& frame) {
    const bool live = frame.header.live();
    blocked_ = true;
    while (live && !wait_drained(SteadyClock::now() + 1h)) {
        if (!reader_left()) continue;
        blocked_ = false;
        return false;
    }
    const std::string head = wire_head(frame.header, frame.payload.size(), command_);
    fit_pipe(live, head.size() + frame.payload.size());
    const bool written = write_all(head, frame.payload);
    blocked_ = false;
    if (written) ++frames_;
    return written;
}

std::optional<bool> FrameWriter::write_at_once(const Frame& frame) {
    if (!pipe_.is_pipe() || !drained()) return std::nullopt;
    const std::string head = wire_head(frame.header, frame.payload.size(), command_);
    fit_pipe(frame.header.live(), head.size() + frame.payload.size());
    if (!pipe_.holds(head.size() + frame.payload.size())) return std::nullopt;
    const bool written = write_all(head, frame.payload);
    if (written) ++frames_;
    return written;
}

bool FrameWriter::write_bare(std::span<const std::byte> bytes) {
    blocked_ = true;
    pipe_.make_large();
    const bool written = write_all({}, bytes);
    blocked_ = false;
    if (written) ++frames_;
    return written;
}

bool FrameWriter::write_all(std::string_view head, std::span<const std::byte> payload) {
    iovec parts[2] = {{const_cast<char*>(head.data()), head.size()}, {const_cast<std::byte*>(payload.data()), payload.size()}};
    iovec* part = parts;
    int count = 2;
    while (count > 0) {
        if (part->iov_len == 0) {
            ++part;
            --count;
            continue;
        }
        const ssize_t n = ::writev(fd_, part, count);
        if (n < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) {  // somebody else made the shared descriptor non-blocking
                pollfd ready{fd_, POLLOUT, 0};
                ::poll(&ready, 1, -1);
                continue;
            }
            if (errno == EPIPE || errno == ECONNRESET) return false;
            throw SystemError("cannot write to stdout", errno);
        }
        auto left = static_cast<std::size_t>(n);
        while (count > 0 && left >= part->iov_len) {
            left -= part->iov_len;
            ++part;
            --count;
        }
        if (count > 0) {
            part->iov_base = static_cast<char*>(part->iov_base) + left;
            part->iov_len -= left;
        }
    }
    return true;
}

}  // namespace framepipe
