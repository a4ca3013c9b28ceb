// The inside of Responder: what its threads share.
#pragma once

#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "process/asker.hpp"
#include "process/child.hpp"
#include "process/responder.hpp"

namespace framepipe {

/// Three threads: one runs the pipeline (starts it, watches the time limits, ends it), one writes
/// requests to it and one reads its answers, since either may block.
struct Responder::Impl : std::enable_shared_from_this<Impl> {
    using State = Asker::State;
    using StatePtr = std::shared_ptr<State>;

    explicit Impl(ResponderOptions given) : options(std::move(given)) {}

    const ResponderOptions options;

    mutable std::mutex mutex;  // guards all below, and every asker's list
    std::condition_variable changed;
    std::list<StatePtr> askers;  // the first one is next: each in turn
    std::map<std::uint64_t, std::weak_ptr<State>> under_way;
    std::uint64_t next_id = 1;
    std::size_t waiting = 0;
    ResponderCounts counts;
    Description description;
    /// Whether the pipeline carries `request` over.
    enum class Carries { unknown, yes, no } carries = Carries::unknown;
    bool stopping = false;
    bool broken = false;    // the pipeline of now is to be ended
    bool answered = false;  // the pipeline of now has answered
    std::string why;        // it is broken
    std::thread runner;

    void run();
    /// refusal  the error to answer with; empty: the pipeline answers
    bool ask(const StatePtr& state, Frame request, std::uint32_t note, const std::string& refusal);
    void forget(const StatePtr& state);
    void hand_out(const StatePtr& state);

private:
    void run_once();
    void write_requests(int fd);
    void read_answers(int fd);
    void take_description(const Frame& frame);
    void take_answer(Frame frame);
    /// Waits for the pipeline's end; answers what runs out of time meanwhile.
    void watch(std::unique_lock<std::mutex>& lock);
    /// Fails requests whose time is over; `next` becomes the earliest deadline of the others, if that is
    /// earlier. With the mutex held.
    /// returns  the askers to hand out to
    std::list<StatePtr> expire(SteadyClock::time_point now, SteadyClock::time_point& next);
    std::list<StatePtr> fail_under_way(const std::string& words);
    void break_down(const std::string& reason);
    std::optional<Frame> next_request();
    void say(const std::string& words) const;
};

}  // namespace framepipe
