// Live pictures at whole parts of a second of the wall clock.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "frame/frame.hpp"
#include "frame/writer.hpp"

namespace framepipe {

struct TickOptions {
    /// Ticks a second: with 1 each lies on a whole second of the clock, so that a clock's digits change in time.
    /// 0: as fast as the reader takes them.
    double fps = 1;
    std::optional<std::uint64_t> count;  // frames in all
};

/// Asks for a frame at the first moment and at each tick, and writes it as a live one. While the reader is busy
/// nothing is asked for; then comes the newest tick.
///
/// make  gives the frame of the tick at `time_us`, the `tick`th from the start; nullopt: none this time
/// Ends at `count` frames, by `stop`, or when the reader leaves.
void run_ticks(FrameWriter& out, const TickOptions& options, const std::stop_token& stop,
               const std::function<std::optional<Frame>(std::int64_t time_us, std::int64_t tick)>& make);

}  // namespace framepipe
