#include "source/idle_watch.hpp"

namespace framepipe {

bool IdleWatch::observe(SteadyClock::time_point now, std::size_t unread, std::uint64_t written) {
    const std::lock_guard lock(mutex_);
    if (unread == 0 || unread != unread_ || written != written_) {
        unread_ = unread;
        written_ = written;
        since_ = now;
        return false;
    }
    return limit_ > SteadyClock::duration::zero() && now - since_ >= limit_;
}

}  // namespace framepipe
