#include "serve/ack_window.hpp"

#include <algorithm>

namespace framepipe::serve {

void AckWindow::sent(SteadyClock::time_point now) {
    ++sent_;
    in_flight_.push_back(now);
}

bool AckWindow::acknowledge(std::uint64_t count, SteadyClock::time_point now) {
    if (count > sent_) return false;
    const bool was_full = !open();
    while (acked_ < count) {
        const auto begun = in_flight_.front();
        in_flight_.pop_front();
        if (++acked_ == count) adapt(std::chrono::duration<double>(now - begun).count(), was_full);
    }
    return true;
}

void AckWindow::adapt(double delay_s, bool was_full) {
    if (least_delay_s_ == 0 || delay_s < least_delay_s_)
        least_delay_s_ = delay_s;
    else
        least_delay_s_ += (delay_s - least_delay_s_) / 256;  // a path may change for good
    if (delay_s > 2 * least_delay_s_ + 0.02)
        size_ = std::max(kLeast, size_ - 1);
    else if (was_full && delay_s < 1.25 * least_delay_s_ + 0.002)
        size_ = std::min(kMost, size_ + 1);
}

}  // namespace framepipe::serve
