// How large a frame a broker takes that does not say so.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "frame/clock.hpp"

namespace framepipe::broker {

/// A broker of MQTT 3.1.1 cannot name its limit: it ends the connection at a larger packet, and would do so
/// again and again. When that has happened a few times soon after a frame larger than any that it took, frames
/// of that size are over its limit.
class SizeLimit {
public:
    /// A frame was sent.
    void sent(std::uint64_t size, SteadyClock::time_point now);
    /// The connection has ended, and not by us.
    /// returns  true if a limit is known now that was not before
    bool ended(SteadyClock::time_point now);

    /// The broker has said that it does not take a frame of this size.
    void refused(std::uint64_t size) { limit_ = limit_ ? std::min(*limit_, size) : size; }

    bool allows(std::uint64_t size) const { return !limit_ || size < *limit_; }
    /// The smallest size that the broker does not take; nullopt: none is known.
    std::optional<std::uint64_t> limit() const { return limit_; }

private:
    void settle(SteadyClock::time_point now);

    std::uint64_t taken_ = 0;       // the largest that it has taken
    std::uint64_t last_ = 0;        // the largest of the last moment, of which we cannot know yet; 0: none
    SteadyClock::time_point at_{};  // when that was sent
    std::uint64_t suspect_ = 0;     // the smallest that it broke at
    int breaks_ = 0;                // at such a size, in a row
    std::optional<std::uint64_t> limit_;
};

}  // namespace framepipe::broker
