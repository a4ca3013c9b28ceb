// When to try again what has failed.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace framepipe {

/// Pauses that double from the first to the longest. Each is up to a quarter shorter or longer than that:
/// many who lost the same server should not all come back at the same time. One thread at a time.
class Backoff {
public:
    explicit Backoff(std::chrono::milliseconds longest) : longest_(longest) {}

    std::chrono::milliseconds next() {
        const auto pause = pause_;
        pause_ = std::min(pause_ * 2, longest_);
        return std::chrono::milliseconds(
            std::uniform_int_distribution<std::int64_t>(pause.count() * 3 / 4, pause.count() * 5 / 4)(random_));
    }
    /// It has worked.
    void reset() { pause_ = kFirst; }

private:
    static constexpr std::chrono::milliseconds kFirst{250};
    std::chrono::milliseconds longest_;
    std::chrono::milliseconds pause_ = kFirst;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace framepipe
