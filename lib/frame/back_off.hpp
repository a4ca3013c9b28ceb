// How long to wait before what failed is tried again.
#pragma once

#include <chrono>

namespace framepipe {

/// The first time, then twice as long each time up to the longest. Each is up to a quarter longer or shorter by
/// chance: what failed together should not all come back at the same moment. One thread at a time.
class BackOff {
public:
    using Time = std::chrono::milliseconds;

    BackOff(Time first, Time longest) : first_(first), longest_(longest), next_(first) {}

    /// The wait before the next attempt.
    Time next();
    /// It has worked: the next wait is the first again.
    void reset() { next_ = first_; }

private:
    const Time first_;
    const Time longest_;
    Time next_;
};

}  // namespace framepipe
