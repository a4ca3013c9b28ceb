// A pipeline that answers requests: frames go in, and what comes out goes to the one who asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "frame/frame.hpp"
#include "process/description.hpp"

namespace framepipe {

struct ResponderOptions {
    std::string command;                          // for /bin/sh -c
    bool start_at_once = true;                    // false: with the first request
    bool newest_only = false;                     // an asker's newer request drops its waiting ones
    std::size_t max_waiting = 8;                  // requests of one asker that may wait
    std::size_t max_waiting_all = 1024;           // of all askers
    std::chrono::milliseconds time_limit{10000};  // for an answer
    std::uint64_t max_frame = kDefaultMaxFrame;   // the largest answer
    std::function<void(const std::string&)> say;  // one line for the log; may be empty
    /// Takes each line that the pipeline says on stderr, in one thread. Empty: its stderr is ours.
    std::function<void(const std::string&)> on_line{};
    /// A run begins. `again`: the one before it ended without an answer. In the same thread; may be empty.
    std::function<void(bool again)> on_start{};
};

/// What the responder did, for metrics.
struct ResponderCounts {
    std::uint64_t requests = 0;
    std::uint64_t answers = 0;
    std::uint64_t errors = 0;   // error answers that the responder itself made
    std::uint64_t dropped = 0;  // by newest_only
    std::uint64_t strays = 0;   // frames out of the pipeline that belong to no request
    std::uint64_t restarts = 0;
};

/// Runs one pipeline, restarts it with back-off when it dies, and hands out its answers. Any thread.
///
/// A request goes in as a frame with the key `request`. A pipeline that carries this key over may have
/// several requests under way. One that does not (a foreign filter) is given one at a time, so that no
/// answer can reach another asker; which of the two it is shows in its first answer.
///
/// A pipeline may say what it answers: a frame of type application/json with `describes` true and no
/// `request`, its payload an object. It is told by FRAMEPIPE_RESPOND=1 that somebody reads it.
class Responder {
    struct Impl;

public:
    /// An answer: the frame that came out, with the asker's own `request` (or none) in its header; or
    /// a text/plain frame with `error`; and the note that its request was given. Called in the
    /// responder's threads, outside its locks.
    using Answer = std::function<void(Frame, std::uint32_t note)>;

    /// Somebody who asks. Its answers come in the order of its requests. Destroyed: what it waits for
    /// is forgotten, and no answer is under way to it any more.
    class Asker {
    public:
        ~Asker();
        Asker(const Asker&) = delete;
        Asker& operator=(const Asker&) = delete;

        /// Asks. Where that cannot be (too many wait), the answer is an error.
        /// note     the asker's own number, which comes back with the answer
        /// returns  false if so many answers wait unsent that the asker should be let go
        [[nodiscard]] bool ask(Frame request, std::uint32_t note = 0);
        /// Answers the request with an error, in its turn.
        [[nodiscard]] bool refuse(Frame request, const std::string& words, std::uint32_t note = 0);

    private:
        friend class Responder;
        Asker(std::shared_ptr<Impl> impl, Answer answer);
        struct State;
        std::shared_ptr<Impl> impl_;
        std::shared_ptr<State> state_;
    };

    explicit Responder(ResponderOptions options);
    /// Ends the pipeline: closes its stdin, then TERM, then KILL, within a second.
    ~Responder();

    /// Begins the end without waiting for it.
    void stop();

    std::unique_ptr<Asker> open(Answer answer);
    /// The newest that the pipeline said of itself; null: nothing.
    Description description() const;
    ResponderCounts counts() const;
    /// Why it does not answer now: the last run ended without an answer or a description, and none has come since.
    /// Empty: it does, or none has failed.
    std::string trouble() const;

private:
    std::shared_ptr<Impl> impl_;
};

/// The answer that says why there is none.
Frame error_answer(const std::string& words);

}  // namespace framepipe
