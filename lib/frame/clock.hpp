// The two clocks: microseconds since the UNIX epoch for stamps, the steady clock for intervals.
#pragma once

#include <chrono>
#include <cstdint>

namespace framepipe {

using SteadyClock = std::chrono::steady_clock;

/// Now, in microseconds since the UNIX epoch: the unit of `time_us` and `stages`.
inline std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace framepipe
