// `test:` as a stream: live when it is paced, waiting for its reader when it is not.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "frame/writer.hpp"
#include "source/pattern.hpp"
#include "source/source.hpp"

namespace framepipe {

/// Test pictures without end, as fast as they are asked for.
class PatternSource : public Source {
public:
    PatternSource(Extent extent, PixelFormat format) : pattern_(extent, format) {}
    std::optional<Frame> next() override;

private:
    Pattern pattern_;
    std::uint64_t number_ = 0;
};

struct LivePatternOptions {
    double fps = 30;
    std::optional<std::uint64_t> count = {};  // frames in all
    std::optional<std::string> stream = {};
};

/// Writes test pictures of a live source: picture n belongs to n / fps after the start. While the
/// reader is busy none is drawn; then it gets the newest, and the gap in `seq` shows the others.
/// returns the number of pictures that the reader was too slow for
std::uint64_t run_live_pattern(const Pattern& pattern, FrameWriter& writer, const LivePatternOptions& options, const std::stop_token& stop);

}  // namespace framepipe
