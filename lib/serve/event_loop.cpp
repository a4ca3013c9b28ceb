#include "serve/event_loop.hpp"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "frame/error.hpp"

namespace framepipe::serve {

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!epoll_ || !wake_) throw SystemError("cannot set up an event loop", errno);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;  // names the wake descriptor
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) throw SystemError("cannot set up an event loop", errno);
}

EventLoop::~EventLoop() = default;

void EventLoop::watch(int fd, std::uint32_t events, Pollable& pollable) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &pollable;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw SystemError("cannot watch a socket", errno);
}

void EventLoop::unwatch(int fd) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::post(std::function<void()> work) {
    bool first;
    {
        const std::lock_guard lock(mutex_);
        first = posted_.empty();
        posted_.push_back(std::move(work));
    }
    if (first) {
        const std::uint64_t one = 1;
        (void)!write(wake_.get(), &one, sizeof one);
    }
}

void EventLoop::stop() {
    post([this] { stopping_ = true; });
}

void EventLoop::run_posted() {
    std::uint64_t count;
    (void)!read(wake_.get(), &count, sizeof count);
    std::vector<std::function<void()>> work;
    {
        const std::lock_guard lock(mutex_);
        work.swap(posted_);
    }
    for (auto& item : work) item();
}

void EventLoop::run_timers() {
    while (!timers_.empty() && timers_.begin()->first.first <= now_) {
        Timer* timer = timers_.begin()->second;
        timers_.erase(timers_.begin());
        timer->armed_ = false;
        timer->on_due_();
    }
}

int EventLoop::wait_ms() const {
    if (timers_.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first.first - SteadyClock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60000));
}

void EventLoop::run() {
    std::array<epoll_event, 256> events;
    while (!stopping_) {
        const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
        if (count < 0 && errno != EINTR) throw SystemError("cannot wait for events", errno);
        now_ = SteadyClock::now();
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            if (event.data.ptr)
                static_cast<Pollable*>(event.data.ptr)->on_ready(event.events);
            else
                run_posted();
        }
        run_timers();
        buried_.clear();
    }
    // What was handed over too late still owns descriptors.
    run_posted();
    buried_.clear();
}

void Timer::at(SteadyClock::time_point due) {
    cancel();
    key_ = {due, loop_.next_timer_++};
    loop_.timers_.emplace(key_, this);
    armed_ = true;
}

void Timer::cancel() {
    if (!armed_) return;
    loop_.timers_.erase(key_);
    armed_ = false;
}

}  // namespace framepipe::serve
