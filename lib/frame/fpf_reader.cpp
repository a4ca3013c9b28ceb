#include "frame/fpf_reader.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "frame/dialects.hpp"
#include "frame/error.hpp"
#include "frame/live_gate.hpp"
#include "frame/pipe_size.hpp"
#include "frame/writer.hpp"

namespace framepipe {
namespace {

struct Lengths {
    std::size_t head;  // prefix and header
    std::uint64_t payload;
    bool is_left_out = false;  // the payload is too large

    /// Of the frame.
    std::uint64_t whole() const { return head + std::min(payload, std::numeric_limits<std::uint64_t>::max() - head); }
};

/// Says where in the input a message belongs: "frame 3 on stdin".
class Place {
public:
    explicit Place(const InputOptions& options, std::uint64_t number = 0)
        : name_(options.name), max_frame_(options.max_frame), left_out_(options.left_out), number_(number) {}

    std::string here() const { return "frame " + std::to_string(number_) + " on " + name_; }
    [[noreturn]] void ended_inside(std::uint64_t got, std::uint64_t wanted) const {
        throw Error(here() + ": input ended inside the frame, after " + std::to_string(got) + " of " + std::to_string(wanted) + " bytes");
    }
    void next_frame() { ++number_; }

    /// Tells by the first byte already that this is no frame: a line that a program printed may be shorter
    /// than a prefix, and more may never come.
    void check_magic(std::span<const std::byte> start) const {
        if (std::memcmp(start.data(), kMagic.data(), std::min(start.size(), kMagic.size())) == 0) return;
        throw Error(here() + ": not a frame but " + describe_start(first_line(start)) + "; does a program in the pipe print to stdout?");
    }

    /// The lengths that a prefix gives, checked before anything is allocated for them. That a frame is left out is said.
    /// start  what was read of the frame, the whole prefix at least
    Lengths lengths(std::span<const std::byte> start) const {
        check_magic(start);
        const std::byte* prefix = start.data();
        const std::uint64_t header = little_endian(prefix + 4, 4);
        const std::uint64_t payload = little_endian(prefix + 8, 8);
        if (header < kMinHeaderSize || header > kMaxHeaderSize) {
            throw Error(here() + ": header of " + std::to_string(header) + " bytes is outside the format's 2 to 65536");
        }
        if (payload > max_frame_ && left_out_) {
            left_out_(over_limit(name_, max_frame_));
            return {kPrefixSize + header, payload, true};
        }
        if (payload > max_frame_) {
            throw Error(here() + ": payload of " + std::to_string(payload) + " bytes is over the limit of " + std::to_string(max_frame_) +
                        " (--max-frame)");
        }
        return {kPrefixSize + header, payload};
    }

    /// A printed line without the frame that comes after it; an empty one with its end.
    static std::span<const std::byte> first_line(std::span<const std::byte> start) {
        const auto end = std::find(start.begin(), start.end(), std::byte{'\n'});
        return start.first(std::max<std::size_t>(1, static_cast<std::size_t>(end - start.begin())));
    }

    Header header(std::string_view text) const {
        try {
            return Header::parse(text);
        } catch (const Error& error) {
            throw Error(here() + ": " + error.what());
        }
    }

private:
    static std::uint64_t little_endian(const std::byte* bytes, int count) {
        std::uint64_t value = 0;
        for (int i = count - 1; i >= 0; --i) value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
        return value;
    }

    std::string name_;
    std::uint64_t max_frame_;
    std::function<void(const std::string&)> left_out_;
    std::uint64_t number_;
};

/// Frames from a descriptor. Header and payload of a frame come with one readv where the sizes of the
/// last frames foretell those of the next, and the payload lands where it stays.
class DescriptorReader : public FrameInput {
public:
    DescriptorReader(int fd, Bytes ahead, const InputOptions& options, std::uint64_t number)
        : fd_(fd), place_(options, number), carry_(ahead.span().begin(), ahead.span().end()), gate_(fd, options.downstream), pipe_(fd) {}

    std::optional<Frame> next() override {
        if (!gate_.before_read(!carry_.empty())) return std::nullopt;
        for (;;) {
            head_.resize(std::max(head_.size(), head_guess_));
            head_have_ = payload_have_ = 0;
            // A gated frame's last byte must stay in the pipe, so nothing is read before its length is known.
            block_ = gate_.closed() ? Block() : Block(payload_guess());
            use_carry();
            if (!read_head()) return std::nullopt;
            if (!lengths_.is_left_out) break;
            pass_over_payload();
            place_.next_frame();
        }
        Header header = place_.header({reinterpret_cast<const char*>(head_.data()) + kPrefixSize, lengths_.head - kPrefixSize});
        read_payload(header.live());
        remember();
        place_.next_frame();
        return Frame{std::move(header), std::move(block_).share()};
    }

    bool has_read_ahead() const override { return !carry_.empty(); }

private:
    /// Bytes that came with the frame before.
    void use_carry() {
        const std::size_t to_head = std::min(carry_.size(), head_guess_);
        std::copy_n(carry_.begin(), to_head, head_.begin());
        head_have_ = to_head;
        const std::size_t rest = carry_.size() - to_head;
        if (rest > 0) {
            make_room(rest);
            std::copy_n(carry_.begin() + static_cast<std::ptrdiff_t>(to_head), rest, block_.data());
            payload_have_ = rest;
        }
        carry_.clear();
    }

    /// Reads on into what is free of the head and, behind it, of the payload.
    /// returns  false at the end of input
    bool read_more() {
        iovec parts[2] = {{head_.data() + head_have_, head_guess_ - head_have_},
                          {block_.data() + payload_have_, block_.size() - std::min(block_.size(), payload_have_)}};
        for (;;) {
            const ssize_t n = ::readv(fd_, parts, parts[1].iov_len > 0 ? 2 : 1);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EAGAIN) {
                wait_readable(fd_);
                continue;
            }
            if (n < 0) throw SystemError(place_.here() + ": cannot read", errno);
            const std::size_t to_head = std::min(static_cast<std::size_t>(n), parts[0].iov_len);
            head_have_ += to_head;
            payload_have_ += static_cast<std::size_t>(n) - to_head;
            return n > 0;
        }
    }

    /// Reads until the head is whole; what was read beyond it is the payload's beginning.
    /// returns  false if the input ends before the frame begins
    bool read_head() {
        bool known = false;
        for (;;) {
            place_.check_magic({head_.data(), head_have_});
            if (!known && head_have_ >= kPrefixSize) {
                lengths_ = place_.lengths({head_.data(), head_have_});
                known = true;
                fit_head();
            }
            if (known && head_have_ >= lengths_.head) return true;
            if (!read_more()) {
                if (head_have_ == 0) return false;
                place_.ended_inside(head_have_, known ? lengths_.whole() : kPrefixSize);
            }
        }
    }

    /// The guessed length of the head was wrong: bytes move between head and payload.
    void fit_head() {
        if (lengths_.head < head_have_) {
            const std::size_t excess = head_have_ - lengths_.head;
            make_room(payload_have_ + excess);
            std::memmove(block_.data() + excess, block_.data(), payload_have_);
            std::memcpy(block_.data(), head_.data() + lengths_.head, excess);
            payload_have_ += excess;
            head_have_ = lengths_.head;
        } else if (lengths_.head > head_guess_) {
            head_.resize(std::max(head_.size(), lengths_.head));
            const std::size_t moved = std::min(lengths_.head - head_have_, payload_have_);
            if (moved > 0) {
                std::memcpy(head_.data() + head_have_, block_.data(), moved);
                std::memmove(block_.data(), block_.data() + moved, payload_have_ - moved);
            }
            head_have_ += moved;
            payload_have_ -= moved;
        }
        head_guess_ = lengths_.head;
    }

    /// Keeps what was read of the frame after this one.
    void split_carry() {
        if (payload_have_ <= lengths_.payload) return;
        const auto size = static_cast<std::size_t>(lengths_.payload);
        carry_.assign(block_.data() + size, block_.data() + payload_have_);
        payload_have_ = size;
    }

    /// Reads the rest of the payload without keeping it.
    void pass_over_payload() {
        split_carry();
        std::uint64_t got = payload_have_;
        block_ = Block(kPiece);
        while (got < lengths_.payload) {
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, lengths_.payload - got));
            got += read_some(block_.data(), size, got);
        }
    }

    /// Reads at least a byte of the payload, of which `got` bytes were read before.
    std::size_t read_some(std::byte* to, std::size_t size, std::uint64_t got) {
        for (;;) {
            const ssize_t n = ::read(fd_, to, size);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EAGAIN) {
                wait_readable(fd_);
                continue;
            }
            if (n < 0) throw SystemError(place_.here() + ": cannot read", errno);
            if (n == 0) place_.ended_inside(lengths_.head + got, lengths_.whole());
            return static_cast<std::size_t>(n);
        }
    }

    void read_payload(bool live) {
        const auto size = static_cast<std::size_t>(lengths_.payload);
        split_carry();
        make_room(size);
        block_.resize(size);
        pipe_.fit_frame(lengths_.head + size);
        const bool keep_last = live && gate_.closed() && size > payload_have_;
        const std::size_t until = size - (keep_last ? 1 : 0);
        while (payload_have_ < until) payload_have_ += read_some(block_.data() + payload_have_, until - payload_have_, payload_have_);
        if (keep_last && !gate_.peek_last(block_.data()[size - 1])) {
            place_.ended_inside(lengths_.head + payload_have_, lengths_.head + lengths_.payload);
        }
        gate_.frame_taken(live);
    }

    /// Makes the block hold `size` bytes, keeping what has been read.
    void make_room(std::size_t size) {
        if (block_.capacity() >= size) return;
        Block bigger(size);
        if (payload_have_ > 0) std::memcpy(bigger.data(), block_.data(), payload_have_);
        block_ = std::move(bigger);
    }

    /// Room for the next payload: exact where sizes repeat (pixels), else somewhat more.
    std::size_t payload_guess() const {
        return last_payload_ == payload_before_ ? last_payload_ : std::max(last_payload_, payload_before_) * 9 / 8 + 512;
    }
    void remember() { payload_before_ = std::exchange(last_payload_, static_cast<std::size_t>(lengths_.payload)); }

    static constexpr std::size_t kPiece = 64 << 10;

    int fd_;
    Place place_;
    std::vector<std::byte> carry_;
    LiveGate gate_;
    PipeSize pipe_;  // not every writer sees to it
    std::vector<std::byte> head_;
    std::size_t head_guess_ = kPrefixSize;
    std::size_t head_have_ = 0;
    Block block_;
    std::size_t payload_have_ = 0;
    std::size_t last_payload_ = 0;
    std::size_t payload_before_ = 0;
    Lengths lengths_{};
};

class MemoryReader : public FrameInput {
public:
    MemoryReader(Bytes bytes, const InputOptions& options) : bytes_(std::move(bytes)), place_(options) {}

    std::optional<Frame> next() override {
        while (at_ < bytes_.size())
            if (auto frame = take()) return frame;
        return std::nullopt;
    }

private:
    /// returns  nullopt if the frame is left out
    std::optional<Frame> take() {
        const std::size_t left = bytes_.size() - at_;
        place_.check_magic(bytes_.span().subspan(at_, std::min<std::size_t>(left, 256)));
        if (left < kPrefixSize) place_.ended_inside(left, kPrefixSize);
        const Lengths lengths = place_.lengths(bytes_.span().subspan(at_, std::min<std::size_t>(left, 256)));
        if (left < lengths.head || left - lengths.head < lengths.payload) place_.ended_inside(left, lengths.whole());
        if (lengths.is_left_out) {
            at_ += lengths.head + static_cast<std::size_t>(lengths.payload);
            place_.next_frame();
            return std::nullopt;
        }
        Header header = place_.header(bytes_.part(at_ + kPrefixSize, lengths.head - kPrefixSize).text());
        Bytes payload = bytes_.part(at_ + lengths.head, static_cast<std::size_t>(lengths.payload));
        at_ += lengths.head + static_cast<std::size_t>(lengths.payload);
        place_.next_frame();
        return Frame{std::move(header), std::move(payload)};
    }

    Bytes bytes_;
    Place place_;
    std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<FrameInput> open_fpf(int fd, Bytes ahead, const InputOptions& options, std::uint64_t number) {
    return std::make_unique<DescriptorReader>(fd, std::move(ahead), options, number);
}

std::unique_ptr<FrameInput> open_fpf(Bytes bytes, const InputOptions& options) {
    return std::make_unique<MemoryReader>(std::move(bytes), options);
}

}  // namespace framepipe
