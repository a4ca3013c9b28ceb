#include "frame/splice_copy.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "frame/dialects.hpp"
#include "frame/error.hpp"
#include "frame/fpf_reader.hpp"

namespace framepipe {
namespace {

/// Below this, copying costs no more than the system calls that splicing takes.
constexpr std::uint64_t kSmallest = 256 << 10;

bool is_pipe(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

std::uint64_t little_endian(std::span<const std::byte> bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    return value;
}

/// The header, if it is one.
std::optional<Header> parsed(std::string_view text) {
    try {
        return Header::parse(text);
    } catch (const Error&) {  // said by the ordinary reader, to which the frame is left
        return std::nullopt;
    }
}

}  // namespace

SpliceCopy::SpliceCopy(int in_fd, int out_fd, FrameWriter& out, std::string command, const InputOptions& options)
    : out_fd_(out_fd),
      out_(out),
      command_(std::move(command)),
      options_(options),
      reader_(in_fd, options.name),
      possible_(is_pipe(in_fd) && is_pipe(out_fd) && !options.latest) {}

std::optional<SpliceCopy::Head> SpliceCopy::next() {
    // No byte is read that may belong to the payload: it has to stay in the pipe.
    if (!possible_) return std::nullopt;
    for (std::size_t i = 0; i < kMagic.size(); ++i) {
        if (!reader_.fill(i + 1, kPrefixSize) || reader_.available()[i] != static_cast<std::byte>(kMagic[i])) return std::nullopt;
    }
    if (!reader_.fill(kPrefixSize, kPrefixSize)) return std::nullopt;
    const auto prefix = reader_.available();
    const std::uint64_t header_size = little_endian(prefix.subspan(4, 4));
    payload_size_ = little_endian(prefix.subspan(8, 8));
    if (header_size < kMinHeaderSize || header_size > kMaxHeaderSize || payload_size_ > options_.max_frame || payload_size_ < kSmallest)
        return std::nullopt;
    head_size_ = kPrefixSize + header_size;
    if (!reader_.fill(head_size_, head_size_)) return std::nullopt;
    auto header = parsed(Bytes({}, reader_.available().subspan(kPrefixSize)).text());
    if (!header || header->live() || !header->is_raw()) return std::nullopt;
    reader_.consume(head_size_);
    return Head{std::move(*header), payload_size_};
}

bool SpliceCopy::pass(const Header& header) {
    if (!out_.write_bare(as_bytes(wire_head(header, payload_size_, command_)))) return false;
    ++number_;
    return splice_payload();
}

bool SpliceCopy::splice_payload() {
    std::uint64_t left = payload_size_;
    while (left > 0) {
        const ssize_t n = ::splice(reader_.fd(), nullptr, out_fd_, nullptr, static_cast<std::size_t>(left), SPLICE_F_MOVE);
        if (n == 0) ended_inside(left);
        if (n > 0) {
            left -= static_cast<std::uint64_t>(n);
        } else if (errno == EPIPE) {
            return false;
        } else if (errno == EAGAIN) {  // another process made a shared descriptor non-blocking
            pollfd ready[2] = {{reader_.fd(), POLLIN, 0}, {out_fd_, POLLOUT, 0}};
            ::poll(&ready[0], 1, -1);
            ::poll(&ready[1], 1, -1);
        } else if (errno != EINTR) {
            throw SystemError("cannot copy frame " + std::to_string(number_ - 1) + " from " + options_.name + " to stdout", errno);
        }
    }
    return true;
}

void SpliceCopy::leave_out() {
    ++number_;
    for (std::uint64_t left = payload_size_; left > 0;) {
        const Bytes skipped = reader_.take(static_cast<std::size_t>(std::min<std::uint64_t>(left, kSmallest)));
        if (skipped.empty()) ended_inside(left);
        left -= skipped.size();
    }
}

void SpliceCopy::ended_inside(std::uint64_t missing) const {
    const std::uint64_t size = head_size_ + payload_size_;
    throw Error("frame " + std::to_string(number_ - 1) + " on " + options_.name + ": input ended inside the frame, after " +
                std::to_string(size - missing) + " of " + std::to_string(size) + " bytes");
}

std::unique_ptr<FrameInput> SpliceCopy::rest() {
    possible_ = false;
    if (number_ == 0) return open_input(std::move(reader_), std::move(options_));
    return open_fpf(reader_.fd(), reader_.rest(), options_, number_);
}

}  // namespace framepipe
