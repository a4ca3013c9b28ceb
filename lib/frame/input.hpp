// Where frames come from: a pipe, a file or memory, in our format or in one that other programs write.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "frame/frame.hpp"

namespace framepipe {

class FrameWriter;

/// A sequence of frames. One thread at a time.
class FrameInput {
public:
    virtual ~FrameInput() = default;

    /// Waits for the next frame; nullopt at the end.
    /// throws Error if the input is broken: what was read before stays good, nothing more comes.
    virtual std::optional<Frame> next() = 0;

    /// True if bytes behind the last frame have been read already: what waits is not in the pipe alone.
    virtual bool has_read_ahead() const { return false; }

    /// Frames that were read and left out (`--latest`).
    virtual std::uint64_t skipped() const { return 0; }
};

struct InputOptions {
    /// What messages call the input.
    std::string name = "stdin";
    /// The largest payload taken.
    std::uint64_t max_frame = kDefaultMaxFrame;
    /// Called with one line, always the same, for each frame whose payload is larger: it is passed over without
    /// being taken in, and what follows is read. Empty: such a frame is an Error.
    std::function<void(const std::string&)> left_out = {};
    /// Text that is none of the dialects is read as lines, a text frame each.
    bool lines = false;
    /// Where the frames go. Live frames are then taken up only as fast as they are read there, so
    /// that none grows old between stages. Must outlive the input. Null: nowhere to wait for.
    FrameWriter* downstream = nullptr;
    /// A thread reads, and next() gives the newest picture (of each stream). Other frames keep their
    /// place. While `downstream` is blocked at most one frame is taken up.
    bool latest = false;
    /// Called with one line for what is worth saying (never for failures). May be empty.
    std::function<void(const std::string&)> warn;
    /// Fill in seq, time_us for dialects that have none; on for all but tests and `frames`.
    bool stamp = true;
};

/// Reads frames from `fd`, whose dialect is told by its first bytes: FPF1; a run of JPEGs, PNGs or
/// WebPs; multipart/x-mixed-replace; YUV4MPEG2; PPM, PGM or PAM. Does not own `fd`. The first read
/// happens in the first next().
std::unique_ptr<FrameInput> open_input(int fd, InputOptions options = {});

/// The same over memory.
std::unique_ptr<FrameInput> open_input(Bytes bytes, InputOptions options = {});

}  // namespace framepipe
