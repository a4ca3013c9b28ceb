// One thread's events: sockets that are ready, timers that are due, work that other threads hand over.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "frame/clock.hpp"
#include "frame/descriptor.hpp"

namespace framepipe::serve {

/// Something with a descriptor that an EventLoop watches.
class Pollable {
public:
    virtual ~Pollable() = default;
    /// events  EPOLLIN, EPOLLOUT, ... as epoll reports them
    virtual void on_ready(std::uint32_t events) = 0;
};

class Timer;

/// Runs in one thread. post() and stop() are for any thread, all else for the loop's own.
class EventLoop {
public:
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Handles events until stop().
    void run();
    void stop();
    /// Runs `work` in the loop's thread; in the order of the calls.
    void post(std::function<void()> work);

    /// throws SystemError if the kernel can watch no more
    void watch(int fd, std::uint32_t events, Pollable& pollable);
    void unwatch(int fd);

    /// Destroys `object` when the events at hand are done, since one of them may still name it.
    void bury(std::unique_ptr<Pollable> object) { buried_.push_back(std::move(object)); }
    void destroy_buried() { buried_.clear(); }

    /// The time at which the events at hand were reported.
    SteadyClock::time_point now() const { return now_; }

private:
    friend class Timer;
    using TimerKey = std::pair<SteadyClock::time_point, std::uint64_t>;

    void run_posted();
    void run_timers();
    int wait_ms() const;

    Descriptor epoll_;
    Descriptor wake_;
    SteadyClock::time_point now_ = SteadyClock::now();
    bool stopping_ = false;
    std::map<TimerKey, Timer*> timers_;
    std::uint64_t next_timer_ = 0;
    std::vector<std::unique_ptr<Pollable>> buried_;

    std::mutex mutex_;  // guards posted_
    std::vector<std::function<void()>> posted_;
};

/// Calls a function once, at a time that can be moved. Dies before its loop.
class Timer {
public:
    Timer(EventLoop& loop, std::function<void()> on_due) : loop_(loop), on_due_(std::move(on_due)) {}
    ~Timer() { cancel(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void at(SteadyClock::time_point due);
    void after(std::chrono::nanoseconds delay) { at(loop_.now() + std::chrono::duration_cast<SteadyClock::duration>(delay)); }
    void cancel();
    bool armed() const { return armed_; }

private:
    friend class EventLoop;
    EventLoop& loop_;
    std::function<void()> on_due_;
    EventLoop::TimerKey key_{};
    bool armed_ = false;
};

}  // namespace framepipe::serve
