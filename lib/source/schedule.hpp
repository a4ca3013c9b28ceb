// When frames are due: an absolute schedule, so that errors do not add up.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "frame/clock.hpp"

namespace framepipe {

/// Frame n is due n / fps after the start, whatever happened to the frames before it.
class Schedule {
public:
    /// fps  over 0
    Schedule(double fps, SteadyClock::time_point start) : fps_(fps), start_(start) {}

    SteadyClock::time_point due(std::uint64_t number) const;
    /// The last frame that is due at `now`; 0 before the start.
    std::uint64_t newest(SteadyClock::time_point now) const;
    /// Moves all that is due later by `delay`.
    void postpone(SteadyClock::duration delay) { start_ += delay; }

private:
    double fps_;
    SteadyClock::time_point start_;
};

/// Sleeps until `when`, or until `stop` is asked for or `give_up`, looked at ten times a second, is true.
/// returns false if it was cut short
bool sleep_until(SteadyClock::time_point when, const std::stop_token& stop, const std::function<bool()>& give_up = {});

}  // namespace framepipe
