// A stream of frames with its pictures as one type, several of them worked on at once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "codec/file_output.hpp"
#include "codec/recode.hpp"
#include "frame/input.hpp"
#include "frame/writer.hpp"

namespace framepipe {

struct RecodeStreamOptions {
    RecodeOptions recode;
    /// Pictures worked on at once; 1: no threads.
    unsigned workers = 1;
    /// The first bad picture is an Error.
    bool strict = false;
    /// The name that frames get.
    std::optional<std::string> stream;
    /// Where the frames come from, to see whether one waits: all workers share a picture that had to be waited
    /// for. -1: cannot be known.
    int input_fd = -1;
    /// Where live frames are written; null: nowhere that could be slow.
    const FrameWriter* downstream = nullptr;
    /// Told of each bad picture: why, and the line to say. May be empty.
    std::function<void(const std::string& why, const std::string& line)> bad;
};

struct RecodeCounts {
    std::uint64_t frames = 0;  // that came
    std::uint64_t made = 0, untouched = 0, passed = 0, bad = 0;
};

/// Takes the frames one by one, in order, as they are to go out.
/// returns false if no more are wanted
using FrameSink = std::function<bool(const Recoded&)>;

/// Frames to `out`.
FrameSink frames_to(FrameWriter& out);
/// The pictures alone, bare.
FrameSink pictures_to(FrameWriter& out);
FrameSink pictures_to(FileOutput& files);

/// Runs until the input ends or the sink wants no more. Bad pictures are left out.
/// throws Error if the input breaks (after all that came before has gone out) or the sink fails
RecodeCounts recode_stream(FrameInput& in, const RecodeStreamOptions& options, const FrameSink& sink);

}  // namespace framepipe
