#include "serve/ack_window.hpp"

#include <algorithm>

namespace framepipe::serve {

void AckWindow::sent(SteadyClock::time_point now) {
    in_flight_.push_back({now, in_flight_.size() + 1});
}

bool AckWindow::acknowledge(std::uint64_t count, SteadyClock::time_point now) {
    if (count > acked_ + in_flight_.size()) return false;
    while (acked_ < count) {
        const Sent sent = in_flight_.front();
        in_flight_.pop_front();
        if (++acked_ == count) adapt(sent, now);
    }
    return true;
}

void AckWindow::adapt(Sent sent, SteadyClock::time_point now) {
    const double delay_s = std::chrono::duration<double>(now - sent.at).count();
    const bool alone = sent.filled == 1;
    const bool due = now - measured_ > kProbeAfter;
    if (lone_delay_s_ == 0 || delay_s < lone_delay_s_ || (alone && due)) lone_delay_s_ = delay_s;
    if (alone) {
        if (due) measured_ = now;
        probing_ = false;
        return;  // it met no queue, whatever the window
    }
    probing_ = due;
    if (delay_s > 2 * lone_delay_s_ + 0.02)
        size_ = std::max(kLeast, size_ - 1);
    else if (sent.filled >= size_ && delay_s < 1.25 * lone_delay_s_ + 0.002)
        size_ = std::min(kMost, size_ + 1);
}

}  // namespace framepipe::serve
