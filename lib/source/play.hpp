// Writes the frames of a source that waits for its reader: nothing is ever dropped.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "frame/writer.hpp"
#include "source/source.hpp"

namespace framepipe {

struct PlayOptions {
    /// Frames a second; 0: as fast as the reader takes them. Absent: frames that know their place in
    /// time (`meta.recorded_us` of a recording, else `pts_us`) keep their own pace, others go as fast as the
    /// reader takes them.
    std::optional<double> fps = {};
    /// Without `fps`: frames a second for frames that do not know their place in time; 0: as above.
    double default_fps = 0;
    /// Frames in all; absent: until the source ends.
    std::optional<std::uint64_t> count = {};
    /// The `stream` of every frame; absent: as the source has it.
    std::optional<std::string> stream = {};
    /// How many times as fast the frames' own pace becomes; over 0.
    double speed = 1;
};

/// Plays the source into the writer until it ends, `count` is reached, the reader leaves or `stop` is
/// asked for. Frames are due on an absolute schedule, and are read before they are due. After a
/// delay of up to half a second (a busy machine) frames catch up; after a longer one (a reader that
/// waited) the rest of the schedule is later by it, since a burst helps nobody.
/// Frames without `seq` and `time_us` get them: a count for each stream, and the time at which they are written.
/// returns the number of frames written
std::uint64_t play(Source& source, FrameWriter& writer, const PlayOptions& options, const std::stop_token& stop);

}  // namespace framepipe
