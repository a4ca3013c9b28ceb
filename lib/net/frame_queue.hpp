// Frames that wait for a link, which may be slow or broken.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

#include "frame/frame.hpp"

namespace framepipe {

/// A live picture may give way to a newer one of its stream; other frames must all be sent.
bool may_be_dropped(const Frame& frame);

/// One thread puts frames in, another one takes them out and sends them. A live picture that waits is
/// replaced by a newer one of its stream, which takes its place; other frames keep their order, and while
/// many of them wait nothing more is taken in.
class FrameQueue {
public:
    /// stop  ends what waits
    explicit FrameQueue(std::stop_token stop) : stop_(std::move(stop)) {}

    /// Lets a frame wait; itself waits while many do that must all be sent.
    /// returns  false if none are sent any more
    bool put(Frame frame);
    /// No more frames come.
    void end();

    std::optional<Frame> take();
    /// A frame that has not got there is the next one again.
    void put_back(Frame frame);
    bool empty() const;
    /// True if no more come.
    bool ended() const;
    /// None are sent any more: put() is false from now on.
    void close();
    /// Waits for so long, or until told to stop.
    void pause(std::chrono::milliseconds time);

    /// Live pictures that were replaced by newer ones.
    std::uint64_t dropped() const;

    /// wake  called whenever there is something new to take or the end has come, by the thread that brings it
    ///       and under the queue's lock; empty: nobody
    void set_wake(std::function<void()> wake);

private:
    const std::stop_token stop_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    // The rest is guarded by mutex_.
    std::deque<Frame> waiting_;
    std::function<void()> wake_;
    std::uint64_t dropped_ = 0;
    bool ended_ = false;
    bool closed_ = false;
};

}  // namespace framepipe
