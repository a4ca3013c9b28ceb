// A producer's frames on their way to the hub.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "serve/hub.hpp"

namespace framepipe::serve {

/// Hands the frames of one producer to the hub, in a thread of its own: what viewers want made of a
/// picture holds up neither the producer nor the viewers of other streams. Any thread.
class Intake final : public Feeder {
public:
    struct Status {
        std::uint64_t done = 0;       // frames that were published, replaced by newer ones or left out
        std::uint64_t published = 0;  // of these
        std::uint64_t replaced = 0;   // of these, by newer ones
        std::uint64_t too_fast = 0;   // of these, left out as more a second than may be
        Taken refused = Taken::yes;   // why the last one was left out that was
        bool lost = false;            // the producer has to go: it may not feed its stream, or no longer
        std::string lost_stream;      // which one
        bool full = false;            // wait until it no longer is
        bool ended = false;           // all frames are done, and no more come
        std::string failure;          // of the producer's stream, which ended by it; empty: none
    };
    /// Called when the status has changed, in any thread; must return at once.
    using Notify = std::function<void()>;

    struct Options {
        std::string stream;                       // the name for frames that have none
        bool takeover = false;                    // in place of another producer
        double max_rate = 1000;                   // frames a second of a stream; 0: any number
        PermitPtr permit = Permit::everything();  // which streams it may publish
        bool exclusive = true;                    // has to go when it may not feed a stream; else only those frames are left out
    };

    Intake(std::shared_ptr<Hub> hub, Options options, Notify notify);

    /// Makes the producer the one that feeds its stream, before its first frame.
    Taken claim();

    /// Lets a frame wait for its turn. A picture that is `replaceable` takes the place of one of its
    /// stream that waits there, and is left out if its stream has had as many as may be; other frames wait
    /// until it may have more. When the status says `full` afterwards, the caller should wait.
    void put(Frame frame, bool replaceable);
    /// The same, and waits while it is full.
    void put_and_wait(Frame frame, bool replaceable);
    /// No more frames come.
    void end(std::string failure = {});
    /// Who was to be notified goes away: no call of `notify` is under way or comes later.
    void forget();

    Status status() const;

    /// The thread's work: until the end, and all frames are done.
    void run();

    void on_lost(const std::string& stream) override;

private:
    struct Waiting {
        Frame frame;
        bool gives_way;  // to a newer one of its stream
    };
    void publish(Frame frame, bool gives_way);
    bool wait_for_turn(const std::string& stream, bool gives_way);
    void tell();

    const std::shared_ptr<Hub> hub_;
    const Options options_;
    const std::size_t most_waiting_;

    mutable std::mutex mutex_;  // guards all below
    std::condition_variable work_;
    std::condition_variable room_;
    std::condition_variable lost_;
    std::deque<Waiting> waiting_;
    std::size_t bytes_ = 0;  // of payload that wait
    bool no_more_ = false;
    Status status_;

    std::mutex telling_;  // guards notify_
    Notify notify_;
};

}  // namespace framepipe::serve
