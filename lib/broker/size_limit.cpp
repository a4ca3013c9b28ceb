#include "broker/size_limit.hpp"

#include <algorithm>
#include <utility>

namespace framepipe::broker {
namespace {

/// By then a broker that does not like a frame has ended the connection.
constexpr auto kSoon = std::chrono::seconds(1);
constexpr int kBreaks = 3;

}  // namespace

/// What was sent long enough ago was taken.
void SizeLimit::settle(SteadyClock::time_point now) {
    if (last_ == 0 || now - at_ < kSoon) return;
    taken_ = std::max(taken_, last_);
    if (taken_ >= suspect_) {
        suspect_ = 0;
        breaks_ = 0;
    }
    last_ = 0;
}

void SizeLimit::sent(std::uint64_t size, SteadyClock::time_point now) {
    settle(now);
    if (size > last_) at_ = now;
    last_ = std::max(last_, size);
}

bool SizeLimit::ended(SteadyClock::time_point now) {
    settle(now);
    const std::uint64_t size = std::exchange(last_, 0);
    if (size <= taken_) return false;
    suspect_ = breaks_ == 0 ? size : std::min(suspect_, size);
    if (++breaks_ < kBreaks) return false;
    limit_ = suspect_;
    breaks_ = 0;
    return true;
}

}  // namespace framepipe::broker
