// How many frames may be on their way to a viewer that acknowledges them.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include "frame/clock.hpp"

namespace framepipe::serve {

/// Two frames are enough where the viewer is near: one on its way, one being drawn. Where round trips are
/// long, the window grows while acknowledgements take hardly longer than that of a frame that was on its way
/// alone (nothing queues), and shrinks when they take longer. Such a lone frame is waited for now and then:
/// without, what queues at a full link would in time be taken for the link's length.
class AckWindow {
public:
    static constexpr std::uint64_t kLeast = 2;
    static constexpr std::uint64_t kMost = 8;
    static constexpr auto kProbeAfter = std::chrono::seconds(30);

    bool open() const { return in_flight_.size() < (probing_ ? 1 : size_); }
    void sent(SteadyClock::time_point now);
    /// The viewer has dealt with `count` frames in all.
    /// returns  false if it was never sent so many
    bool acknowledge(std::uint64_t count, SteadyClock::time_point now);
    std::uint64_t size() const { return size_; }

private:
    struct Sent {
        SteadyClock::time_point at;
        std::size_t filled;  // how many were on their way with it
    };
    void adapt(Sent sent, SteadyClock::time_point now);

    std::uint64_t acked_ = 0;
    std::uint64_t size_ = kLeast;
    double lone_delay_s_ = 0;  // of a frame alone; 0: unknown
    SteadyClock::time_point measured_{};
    bool probing_ = false;  // the next frame goes alone
    std::deque<Sent> in_flight_;
};

}  // namespace framepipe::serve
