#include "frame/byte_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "frame/clock.hpp"
#include "frame/error.hpp"

namespace framepipe {
namespace {

constexpr std::size_t kSmallestRead = 64 << 10;
constexpr std::size_t kLargestRead = 1 << 20;

}  // namespace

ByteReader::ByteReader(int fd, std::string name) : fd_(fd), pipe_(fd), name_(std::move(name)), chunk_(kSmallestRead) {}

ByteReader::ByteReader(Bytes bytes, std::string name)
    : name_(std::move(name)),
      memory_(std::move(bytes)),
      data_(memory_.data()),
      end_(memory_.size()),
      chunk_(kSmallestRead),
      read_time_us_(now_us()),
      ended_(true) {}

std::size_t ByteReader::read_some(std::byte* to, std::size_t size) {
    if (ended_) return 0;
    for (;;) {
        const ssize_t got = ::read(fd_, to, std::min<std::size_t>(size, std::numeric_limits<int>::max()));
        if (got > 0) {
            read_time_us_ = now_us();
            return static_cast<std::size_t>(got);
        }
        if (got == 0) {
            ended_ = true;
            return 0;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {  // another process made the shared descriptor so
            pollfd wait{fd_, POLLIN, 0};
            if (::poll(&wait, 1, -1) >= 0 || errno == EINTR) continue;
        }
        if (errno != EINTR) throw SystemError("cannot read " + name_, errno);
    }
}

void ByteReader::make_room(std::size_t size) {
    const std::size_t have = end_ - begin_;
    if (buffer_.capacity() - end_ >= size && buffer_.capacity() > 0) return;
    if (buffer_.capacity() >= have + size) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, have);
    } else {
        Block bigger(std::max(have + size, std::min(buffer_.capacity() * 2, (have + size) * 2)));
        if (have > 0) std::memcpy(bigger.data(), buffer_.data() + begin_, have);
        buffer_ = std::move(bigger);
    }
    data_ = buffer_.data();
    begin_ = 0;
    end_ = have;
}

bool ByteReader::fill(std::size_t n) {
    return fill(n, std::numeric_limits<std::size_t>::max());
}

bool ByteReader::fill(std::size_t n, std::size_t most) {
    while (end_ - begin_ < n) {
        if (ended_) return false;
        // A length from outside must not become memory before its bytes are there: at most doubled.
        const std::size_t have = end_ - begin_;
        const std::size_t size = std::min(most - have, std::max(chunk_, std::min(n - have, have)));
        make_room(size);
        const std::size_t got = read_some(buffer_.data() + end_, size);
        end_ += got;
        if (got == chunk_) chunk_ = std::min(chunk_ * 2, kLargestRead);
    }
    return true;
}

void ByteReader::fill_ready(std::size_t n) {
    while (end_ - begin_ < n && !ended_) {
        pollfd ready{fd_, POLLIN, 0};
        if (::poll(&ready, 1, 0) <= 0) return;
        make_room(n - (end_ - begin_));
        const std::size_t got = read_some(buffer_.data() + end_, n - (end_ - begin_));
        if (got == 0) return;
        end_ += got;
    }
}

void ByteReader::consume(std::size_t n) {
    begin_ += n;
    consumed_ += n;
    if (begin_ == end_ && fd_ >= 0) begin_ = end_ = 0;
}

bool ByteReader::skip(std::uint64_t n) {
    for (;;) {
        const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(n, end_ - begin_));
        consume(step);
        n -= step;
        if (n == 0) return true;
        if (!fill(1)) return false;
    }
}

std::size_t ByteReader::read_into(std::span<std::byte> destination) {
    std::size_t done = std::min(destination.size(), end_ - begin_);
    if (done > 0) std::memcpy(destination.data(), data_ + begin_, done);
    consume(done);
    while (done < destination.size()) {
        const std::size_t got = read_some(destination.data() + done, destination.size() - done);
        if (got == 0) break;
        done += got;
        consumed_ += got;
    }
    return done;
}

Bytes ByteReader::take(std::size_t n) {
    const std::size_t have = end_ - begin_;
    if (fd_ < 0) {
        const Bytes taken = memory_.part(begin_, std::min(n, have));
        consume(taken.size());
        return taken;
    }
    pipe_.fit_frame(n);
    // The buffer itself goes out if the frame fills most of it; else a small frame would pin it.
    if (n <= have && n >= kSmallestRead && n >= buffer_.capacity() / 2) {
        const std::size_t tail = have - n;
        Block next(std::max(tail, chunk_));
        if (tail > 0) std::memcpy(next.data(), data_ + begin_ + n, tail);
        buffer_.resize(begin_ + n);  // within its capacity: nothing moves
        const Bytes taken = std::move(buffer_).share().part(begin_, n);
        buffer_ = std::move(next);
        data_ = buffer_.data();
        begin_ = 0;
        end_ = tail;
        consumed_ += n;
        return taken;
    }
    Block block(n);
    block.resize(read_into(block.span()));
    return std::move(block).share();
}

Bytes ByteReader::rest() {
    if (fd_ >= 0) {
        Bytes left = Bytes::copy_of(available());
        consume(left.size());
        return left;
    }
    return take(end_ - begin_);
}

}  // namespace framepipe
