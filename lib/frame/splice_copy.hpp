// Copies recorded pixels from pipe to pipe without taking them into memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "frame/byte_reader.hpp"
#include "frame/input.hpp"
#include "frame/writer.hpp"

namespace framepipe {

/// The frames at the beginning of a stream, as long as they are recorded pixels and large: their payloads
/// move from one pipe to the other by splice(2), which passes the kernel's pages on. When next() gives
/// none, rest() is the ordinary input from there on: it has all other frames, and says what is wrong
/// with the stream.
class SpliceCopy {
public:
    /// out      the writer of `out_fd`; frames are stamped as those of `command`
    /// options  for the input; what they say of live frames holds for rest() alone
    SpliceCopy(int in_fd, int out_fd, FrameWriter& out, std::string command, const InputOptions& options);

    struct Head {
        Header header;
        std::uint64_t payload_size = 0;
    };
    /// The next frame's head, if its payload can be spliced. Call pass() or leave_out() before the next one.
    std::optional<Head> next();

    /// Writes the frame whose head came last, with this header.
    /// returns  false if the reader has left
    /// throws   Error if the input ends inside the frame, SystemError if reading or writing fails
    [[nodiscard]] bool pass(const Header& header);

    /// Skips the payload of the frame whose head came last.
    void leave_out();

    /// All frames from the first one on that cannot be spliced.
    std::unique_ptr<FrameInput> rest();

private:
    bool splice_payload();
    [[noreturn]] void ended_inside(std::uint64_t missing) const;

    int out_fd_;
    FrameWriter& out_;
    std::string command_;
    InputOptions options_;
    ByteReader reader_;
    bool possible_;
    std::uint64_t payload_size_ = 0;
    std::uint64_t head_size_ = 0;
    std::uint64_t number_ = 0;
};

}  // namespace framepipe
