// How many frames may be on their way to a viewer that acknowledges them.
#pragma once

#include <cstdint>
#include <deque>

#include "frame/clock.hpp"

namespace framepipe::serve {

/// Two frames are enough where the viewer is near: one on its way, one being drawn. Where round trips are
/// long, the window grows while acknowledgements come back as fast as they ever did (nothing queues),
/// and shrinks when they take longer.
class AckWindow {
public:
    static constexpr std::uint64_t kLeast = 2;
    static constexpr std::uint64_t kMost = 8;

    bool open() const { return sent_ - acked_ < size_; }
    void sent(SteadyClock::time_point now);
    /// The viewer has dealt with `count` frames in all.
    /// returns  false if it was never sent so many
    bool acknowledge(std::uint64_t count, SteadyClock::time_point now);
    std::uint64_t size() const { return size_; }

private:
    void adapt(double delay_s, bool was_full);

    std::uint64_t sent_ = 0;
    std::uint64_t acked_ = 0;
    std::uint64_t size_ = kLeast;
    double least_delay_s_ = 0;  // 0: unknown
    std::deque<SteadyClock::time_point> in_flight_;
};

}  // namespace framepipe::serve
