#include "text/ticks.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>

#include "frame/clock.hpp"

namespace framepipe {
namespace {

constexpr auto kLook = std::chrono::milliseconds(100);

/// Tick n is due n / fps after the epoch.
class Schedule {
public:
    explicit Schedule(double fps) : fps_(fps) {}

    std::int64_t due(std::int64_t tick) const {
        return fps_ > 0 ? std::llround(static_cast<long double>(tick) * 1e6L / static_cast<long double>(fps_)) : now_us();
    }
    std::int64_t newest(std::int64_t time_us) const {
        if (fps_ <= 0) return 0;
        auto tick = static_cast<std::int64_t>(std::floor(static_cast<long double>(time_us) * static_cast<long double>(fps_) / 1e6L));
        // Rounding may put it one off.
        while (due(tick + 1) <= time_us) ++tick;
        while (due(tick) > time_us) --tick;
        return tick;
    }

private:
    double fps_;
};

/// Sleeps until the system clock shows `time_us`.
/// returns false if `over` came first
bool sleep_until(std::int64_t time_us, const std::stop_token& stop, const std::function<bool()>& over) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    for (;;) {
        if (over()) return false;
        const auto left = std::chrono::microseconds(time_us - now_us());
        if (left.count() <= 0) return true;
        wake.wait_for(lock, stop, std::min<std::chrono::microseconds>(left, kLook), [] { return false; });
    }
}

}  // namespace

void run_ticks(FrameWriter& out, const TickOptions& options, const std::stop_token& stop,
               const std::function<std::optional<Frame>(std::int64_t, std::int64_t)>& make) {
    const Schedule schedule(options.fps);
    const auto over = [&] { return stop.stop_requested() || out.reader_left(); };
    const std::int64_t first = schedule.newest(now_us());
    std::int64_t next = first;
    std::uint64_t written = 0;
    while (!options.count || written < *options.count) {
        while (!over() && !out.wait_drained(SteadyClock::now() + kLook, over)) {
        }
        std::int64_t tick = std::max(next, schedule.newest(now_us()));
        // A clock that was set back a little is waited for; by more, it is followed.
        if (schedule.due(tick) - now_us() > 2'000'000 && options.fps > 0.6) tick = schedule.newest(now_us());
        if (over() || !sleep_until(schedule.due(tick), stop, over)) return;
        next = tick + 1;
        std::optional<Frame> frame = make(schedule.due(tick), std::max<std::int64_t>(0, tick - first));
        if (!frame) continue;
        frame->header.set("live", true);
        if (!out.write(*frame)) return;
        ++written;
    }
}

}  // namespace framepipe
