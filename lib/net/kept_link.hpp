// A link to a server that is made again whenever it breaks.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "frame/error.hpp"
#include "net/frame_queue.hpp"

namespace framepipe {

/// The other side does not want what it is sent, now or later: trying again is of no use.
class FinalError : public Error {
public:
    using Error::Error;
};

/// Where one line goes for each time that a link breaks (warn), and that it is there again (notice).
struct LinkWords {
    std::function<void(const std::string&)> warn;
    std::function<void(const std::string&)> notice;
};

/// The rules by which who sends what is in a FrameQueue tries again. For one thread.
class KeptLink {
public:
    /// name  of the other side, for messages: its address
    /// wait  true: try on however long it takes; false: give up when the last frames do not get there
    KeptLink(FrameQueue& queue, std::string name, LinkWords words, bool wait, std::stop_token stop)
        : queue_(queue), name_(std::move(name)), words_(std::move(words)), wait_(wait), stop_(std::move(stop)) {}

    /// Calls `session` until it returns; again, after growing pauses, when it throws an Error. It connects, calls
    /// works(), and sends until the queue's end. The queue is closed when this returns.
    /// throws Error if the first link fails otherwise than by NotThereError, a session throws FinalError, or the
    ///        last frames do not get there
    void run(const std::function<void()>& session);

    /// The other side has taken something: what breaks from now on is a new break.
    void works();
    /// True if works() was called in this session.
    bool worked() const { return worked_; }

private:
    static constexpr std::chrono::milliseconds kFirstPause{250};
    static constexpr std::chrono::milliseconds kLongestPause{5000};

    FrameQueue& queue_;
    const std::string name_;
    const LinkWords words_;
    const bool wait_;
    const std::stop_token stop_;
    bool ever_worked_ = false;
    bool worked_ = false;
    bool said_ = false;  // that it is broken
};

}  // namespace framepipe
