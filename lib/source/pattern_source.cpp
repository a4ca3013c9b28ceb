#include "source/pattern_source.hpp"

#include <algorithm>

#include "source/schedule.hpp"

namespace framepipe {

namespace {

constexpr auto kLook = std::chrono::milliseconds(100);

Frame picture(const Pattern& pattern, std::uint64_t number, std::int64_t time_us) {
    Frame frame{pattern.header(), pattern.draw(number, time_us)};
    frame.header.set("seq", static_cast<std::int64_t>(number));
    frame.header.set("time_us", time_us);
    return frame;
}

}  // namespace

std::optional<Frame> PatternSource::next() {
    return picture(pattern_, number_++, now_us());
}

std::uint64_t run_live_pattern(const Pattern& pattern, FrameWriter& writer, const LivePatternOptions& options,
                               const std::stop_token& stop) {
    const auto over = [&] { return stop.stop_requested() || writer.reader_left(); };
    const Schedule schedule(options.fps, SteadyClock::now());
    std::uint64_t next = 0;
    std::uint64_t written = 0;
    while (!options.count || written < *options.count) {
        while (!over() && !writer.wait_drained(SteadyClock::now() + kLook, over)) {
        }
        const std::uint64_t number = std::max(next, schedule.newest(SteadyClock::now()));
        if (over() || !sleep_until(schedule.due(number), stop, over)) break;
        const auto age = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - schedule.due(number));
        Frame frame = picture(pattern, number, now_us() - age.count());
        frame.header.set("live", true);
        if (options.stream) frame.header.set("stream", *options.stream);
        if (!writer.write(frame)) break;
        ++written;
        next = number + 1;
    }
    return next - written;
}

}  // namespace framepipe
