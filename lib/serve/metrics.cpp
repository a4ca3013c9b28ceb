#include "serve/metrics.hpp"

#include <algorithm>

namespace framepipe::serve {

std::string_view name_of(Drop drop) {
    static constexpr std::array<std::string_view, kDrops> kNames{"replaced", "rate", "paused", "queue", "failed", "left"};
    return kNames[static_cast<std::size_t>(drop)];
}

std::string_view name_of(InputDrop drop) {
    static constexpr std::array<std::string_view, kInputDrops> kNames{"stale",     "replaced", "rate", "other_feeder", "too_many_streams",
                                                                      "forbidden", "queue"};
    return kNames[static_cast<std::size_t>(drop)];
}

void Durations::add(std::chrono::duration<double> duration, std::uint64_t times) {
    constexpr double kDay = 86400;
    const double seconds = std::clamp(duration.count(), 0.0, kDay);
    std::size_t i = 0;
    while (i < kEnds.size() && seconds > kEnds[i]) ++i;
    classes_[i].add(times);
    sum_us_.add(times * static_cast<std::uint64_t>(seconds * 1e6 + 0.5));
}

std::string_view name_of(Refusal refusal) {
    static constexpr std::array<std::string_view, kRefusals> kNames{
        "bad_request", "host",  "origin", "token",    "not_found", "method",      "too_large",           "timeout",
        "stalled",     "queue", "memory", "protocol", "publish",   "connections", "address_connections", "request_rate",
        "forbidden",   "failed"};
    return kNames[static_cast<std::size_t>(refusal)];
}

}  // namespace framepipe::serve
