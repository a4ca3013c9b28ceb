// How long to wait before something that ended is started again.
#pragma once

#include <chrono>

namespace framepipe {

/// The first time, then twice as long each time up to the longest, and the first again after a run that
/// lasted. Each is a quarter longer or shorter by chance: what failed together should not all come back
/// at the same moment. One thread at a time.
class BackOff {
public:
    using Time = std::chrono::milliseconds;

    BackOff(Time first, Time longest, Time lasting) : first_(first), longest_(longest), lasting_(lasting), next_(first) {}

    /// The wait after a run of this length.
    Time after(Time run);
    void reset() { next_ = first_; }

private:
    const Time first_;
    const Time longest_;
    const Time lasting_;
    Time next_;
};

}  // namespace framepipe
