// What the readers of the dialects have in common.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "frame/byte_reader.hpp"
#include "frame/dialects.hpp"
#include "frame/error.hpp"
#include "frame/input.hpp"

namespace framepipe {

/// Whether the input goes on with `text`. Waits for no more bytes than it takes to know.
bool goes_on_with(ByteReader& reader, std::string_view text);

/// Whether two texts are the same but for the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);

/// Counts frames, says where in the input one stands, and keeps sizes below the limit.
class DialectInput : public FrameInput {
public:
    DialectInput(ByteReader reader, const InputOptions& options)
        : reader_(std::move(reader)), max_frame_(options.max_frame), stamp_(options.stamp), left_out_(options.left_out) {}

    bool has_read_ahead() const override { return !reader_.available().empty(); }

protected:
    /// A frame begins with the next byte; waits for it, and reads ahead at most `ahead` bytes.
    /// returns  false at the end of the input
    bool begin_frame(std::size_t ahead = std::numeric_limits<std::size_t>::max()) {
        if (!reader_.fill(1, ahead)) return false;
        begin_ = reader_.offset();
        begin_time_us_ = reader_.read_time_us();
        return true;
    }

    /// The finished frame; `time_us` as the stream itself gives it, 0: when its first byte was read.
    Frame finish(Header header, Bytes payload, std::int64_t time_us = 0) {
        if (stamp_) {
            header.set("seq", number_);
            if (time_us == 0) time_us = begin_time_us_;
        }
        if (time_us != 0) header.set("time_us", time_us);
        ++number_;
        return {std::move(header), std::move(payload)};
    }

    /// "frame 3 on stdin: at byte 4711", where the frame begins.
    std::string here() const {
        return "frame " + std::to_string(number_) + " on " + reader_.name() + ": at byte " + std::to_string(begin_);
    }

    [[noreturn]] void fail(const std::string& reason) const { throw Error(here() + ": " + reason); }

    /// The input ended inside the frame, of which `more` bytes were looked at but not consumed.
    [[noreturn]] void ended_inside(const std::string& what, std::uint64_t more) const {
        fail("input ended inside " + what + ", after " + std::to_string(reader_.offset() - begin_ + more) + " bytes");
    }
    [[noreturn]] void ended_inside(const std::string& what) const { ended_inside(what, reader_.available().size()); }

    /// Whether `what` begins with `text`. The input's end within it is the end inside `what`.
    bool next_is(std::string_view text, const std::string& what) {
        if (goes_on_with(reader_, text)) return true;
        const std::string_view have = Bytes({}, reader_.available()).text();
        if (have.size() < text.size() && text.starts_with(have)) ended_inside(what);
        return false;
    }

    /// What stands here is no frame.
    [[noreturn]] void not_a_frame(const std::string& what) {
        fail("not " + what + " but " + describe_start(reader_) + "; does a program in the pipe print to stdout?");
    }

    void check_limit(std::uint64_t size) const {
        if (size > max_frame_) {
            fail("payload of " + std::to_string(size) + " bytes is over the limit of " + std::to_string(max_frame_) + " (--max-frame)");
        }
    }

    /// Whether the frame is left out since its payload is too large, which is then said: pass_over() is to follow.
    /// throws  Error if such a frame is not left out
    bool is_left_out(std::uint64_t size) {
        if (size <= max_frame_) return false;
        if (!leaves_out()) check_limit(size);
        left_out_(over_limit(reader_.name(), max_frame_));
        return true;
    }
    bool leaves_out() const { return static_cast<bool>(left_out_); }

    /// The next `size` bytes are the rest of a frame that is left out.
    void pass_over(std::uint64_t size, const std::string& what) {
        if (!reader_.skip(size)) ended_inside(what);
        ++number_;
    }

    /// The next `size` bytes, all of them.
    Bytes take_payload(std::uint64_t size, const std::string& what) {
        check_limit(size);
        Bytes payload = reader_.take(static_cast<std::size_t>(size));
        if (payload.size() < size) ended_inside(what);
        return payload;
    }

    std::int64_t number() const { return number_; }

    ByteReader reader_;
    const std::uint64_t max_frame_;

private:
    const bool stamp_;
    const std::function<void(const std::string&)> left_out_;
    std::int64_t number_ = 0;
    std::uint64_t begin_ = 0;
    std::int64_t begin_time_us_ = 0;
};

std::unique_ptr<FrameInput> open_images(ByteReader reader, const InputOptions& options);
std::unique_ptr<FrameInput> open_multipart(ByteReader reader, const InputOptions& options);
std::unique_ptr<FrameInput> open_y4m(ByteReader reader, const InputOptions& options);
std::unique_ptr<FrameInput> open_pnm(ByteReader reader, const InputOptions& options);
std::unique_ptr<FrameInput> open_lines(ByteReader reader, const InputOptions& options);

}  // namespace framepipe
