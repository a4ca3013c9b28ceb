// Files, one after the other: pictures, videos, recordings.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "frame/descriptor.hpp"
#include "frame/input.hpp"
#include "source/source.hpp"

namespace framepipe {

struct SequenceOptions {
    std::uint64_t loops = 1;  // times in all; 0: for ever
    /// A file that cannot be used ends the sequence instead of being left out.
    bool strict = false;
    std::uint64_t max_frame = kDefaultMaxFrame;
    FrameWriter* downstream = nullptr;  // where the frames go, for recordings of live streams
};

/// The frames of files in the order given. The bytes of JPEG, PNG and WebP files pass untouched; a
/// stream in any dialect (a recording, .y4m, .mjpg, a named pipe) is read as that; other formats are
/// OpenCV's, as pixels. `meta.file` names the file, but in recordings and in pipes. Pipes pass as they are.
/// The frames of a recording, a file in our own format, lose what belonged to the time at which they were
/// recorded: `seq`, `live`, `stages`, and `time_us`, which is kept as `meta.recorded_us`. A stream that breaks off
/// in the middle gives its whole frames, and counts as left out.
class Sequence : public Source {
public:
    Sequence(std::vector<std::string> files, SequenceOptions options, Say say);

    /// throws Error if `strict` and a file is bad, or if every file is
    std::optional<Frame> next() override;

    /// How far it is: the number of the file that frames come from, from 1, of how many, the times it plays
    /// them all included; nullopt if there is no end.
    std::optional<std::pair<std::uint64_t, std::uint64_t>> place() const;

    /// Files that were bad and left out, as a whole or from some place on.
    std::uint64_t left_out() const { return left_out_; }

private:
    std::optional<Frame> next_of_open_file();
    std::optional<Frame> open_file();
    Frame whole_picture(int fd, std::uint64_t size) const;
    std::optional<Frame> open_with_opencv();
    void leave_out(const std::string& reason);
    void finish(Frame& frame) const;
    void close_file();

    const std::vector<std::string> files_;
    const SequenceOptions options_;
    const Say say_;
    std::size_t at_ = 0;
    std::uint64_t passes_ = 0;
    std::uint64_t given_in_pass_ = 0;
    std::uint64_t left_out_ = 0;
    std::set<std::string> said_;

    // The file at at_, if it has more than one frame.
    Descriptor fd_;
    std::unique_ptr<FrameInput> stream_;
    std::unique_ptr<Source> video_;
    bool is_pipe_ = false;       // frames that another program makes now, which stay as they are
    bool is_recording_ = false;  // frames of our own format, made before
    std::uint64_t given_of_file_ = 0;
};

}  // namespace framepipe
