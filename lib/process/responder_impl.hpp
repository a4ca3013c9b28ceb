// The inside of Responder: what its threads share.
#pragma once

#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "frame/wake_event.hpp"
#include "process/asker.hpp"
#include "process/child.hpp"
#include "process/last_words.hpp"
#include "process/request_pipe.hpp"
#include "process/responder.hpp"

namespace framepipe {

/// Why a pipeline is broken that has closed its stdin.
inline constexpr const char* kReadsNoMore = "it reads no more";

/// Three threads: one runs the pipeline (starts it, watches the time limits, ends it), one reads its answers, and one
/// writes what its stdin does not take at once. A request is written by the thread that brings it, or by the one whose
/// answer made room for it: a thread that has to be woken takes longer than many an answer.
struct Responder::Impl : std::enable_shared_from_this<Impl> {
    using State = Asker::State;
    using StatePtr = std::shared_ptr<State>;

    explicit Impl(ResponderOptions given) : options(std::move(given)) {}

    const ResponderOptions options;

    WakeEvent changed;  // the runner looks: the pipeline is to end, or there is none yet

    mutable std::mutex mutex;        // guards all below, and every asker's list
    std::condition_variable filled;  // the writing thread looks
    std::list<StatePtr> askers;      // the first one is next: each in turn
    std::map<std::uint64_t, std::weak_ptr<State>> under_way;
    std::uint64_t next_id = 1;
    std::size_t waiting = 0;
    ResponderCounts counts;
    Description description;
    /// Whether the pipeline carries `request` over.
    enum class Carries { unknown, yes, no } carries = Carries::unknown;
    /// Where requests go; null: there is no pipeline.
    RequestPipe* pipe = nullptr;
    /// Who writes to it: nobody, any thread, or the one that may wait, which has the rest of a request.
    enum class Writing { none, some_thread, the_rest } writing = Writing::none;
    bool stopping = false;
    bool broken = false;              // the pipeline of now is to be ended
    bool answered = false;            // the pipeline of now has answered
    bool described = false;           // the pipeline of now has said what it answers
    std::string why;                  // it is broken
    std::string trouble;              // why the pipeline before this one ended, if neither has answered
    SteadyClock::time_point started;  // the pipeline of now
    std::thread runner;

    void run();
    /// refusal  the error to answer with; empty: the pipeline answers
    bool ask(const StatePtr& state, Frame request, std::uint32_t note, const std::string& refusal);
    void forget(const StatePtr& state);
    void hand_out(const StatePtr& state);
    /// Begins the end.
    void stop();

private:
    void run_once();
    /// Writes waiting requests, as many as the pipeline takes without waiting. The mutex is held but for the writing.
    void send_requests(std::unique_lock<std::mutex>& lock);
    void write_the_rest();
    /// Writes without the mutex; a failure ends the pipeline.
    template <typename Write>
    RequestPipe::Taken write_unlocked(std::unique_lock<std::mutex>& lock, Write write);
    void read_answers(int fd);
    void take_description(const Frame& frame);
    void take_answer(Frame frame);
    /// Waits for the pipeline's end; answers what runs out of time meanwhile.
    void watch(std::unique_lock<std::mutex>& lock, const Child& child, LastWords& words);
    /// Waits without the mutex until something has changed, `ended` can be read (-1: none), or the time has come;
    /// reads what is said meanwhile (null: nobody says anything).
    /// returns  true if `ended` can be read
    bool wait_for_change(std::unique_lock<std::mutex>& lock, int ended, LastWords* words, SteadyClock::time_point until);
    /// Fails requests whose time is over; `next` becomes the earliest deadline of the others, if that is
    /// earlier. With the mutex held.
    /// returns  the askers to hand out to
    std::list<StatePtr> expire(SteadyClock::time_point now, SteadyClock::time_point& next);
    std::list<StatePtr> fail_under_way(const std::string& words);
    /// The pipeline of now is to be ended. With the mutex held.
    void break_down(const std::string& reason);
    std::optional<Frame> next_request();
    void say(const std::string& words) const;
};

}  // namespace framepipe
