#include "source/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>

namespace framepipe {

namespace {
constexpr auto kLook = std::chrono::milliseconds(100);
}

SteadyClock::time_point Schedule::due(std::uint64_t number) const {
    const auto nanoseconds = std::llround(static_cast<long double>(number) * 1e9L / static_cast<long double>(fps_));
    return start_ + std::chrono::nanoseconds(nanoseconds);
}

std::uint64_t Schedule::newest(SteadyClock::time_point now) const {
    if (now <= start_) return 0;
    const auto passed = std::chrono::duration_cast<std::chrono::nanoseconds>(now - start_).count();
    auto number = static_cast<std::uint64_t>(static_cast<long double>(passed) * static_cast<long double>(fps_) / 1e9L);
    // Rounding may put the guess one off.
    while (due(number + 1) <= now) ++number;
    while (number > 0 && due(number) > now) --number;
    return number;
}

bool sleep_until(SteadyClock::time_point when, const std::stop_token& stop, const std::function<bool()>& give_up) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested() && SteadyClock::now() < when) {
        const auto until = give_up ? std::min(when, SteadyClock::now() + kLook) : when;
        wake.wait_until(lock, stop, until, [] { return false; });
        if (give_up && give_up()) return false;
    }
    return !stop.stop_requested();
}

}  // namespace framepipe
