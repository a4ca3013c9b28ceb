#include "net/frame_queue.hpp"

#include <algorithm>

namespace framepipe {
namespace {

/// Frames that must all be sent and wait.
constexpr std::size_t kMaxWaiting = 16;

}  // namespace

bool may_be_dropped(const Frame& frame) {
    return frame.header.live() && frame.header.is_image() && !frame.header.end();
}

bool FrameQueue::put(Frame frame) {
    std::unique_lock lock(mutex_);
    const auto older = !may_be_dropped(frame) ? waiting_.end() : std::find_if(waiting_.begin(), waiting_.end(), [&](const Frame& one) {
        return may_be_dropped(one) && one.header.stream() == frame.header.stream();
    });
    if (older != waiting_.end()) {
        ++dropped_;
        *older = std::move(frame);
    } else {
        changed_.wait(lock, stop_, [this] { return closed_ || waiting_.size() < kMaxWaiting; });
        if (closed_ || stop_.stop_requested()) return false;
        waiting_.push_back(std::move(frame));
    }
    if (wake_) wake_();
    return true;
}

void FrameQueue::end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (wake_) wake_();
}

std::optional<Frame> FrameQueue::take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    std::optional<Frame> frame(std::move(waiting_.front()));
    waiting_.pop_front();
    changed_.notify_all();
    return frame;
}

void FrameQueue::put_back(Frame frame) {
    const std::lock_guard lock(mutex_);
    waiting_.push_front(std::move(frame));
}

bool FrameQueue::empty() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty();
}

bool FrameQueue::ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
}

void FrameQueue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
}

void FrameQueue::pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop_, time, [] { return false; });
}

std::uint64_t FrameQueue::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

void FrameQueue::set_wake(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
}

}  // namespace framepipe
