// A command that gives frames, and that is kept running while they are wanted.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "frame/clock.hpp"
#include "frame/frame.hpp"
#include "frame/wake_event.hpp"

namespace framepipe {

struct KeptCommandOptions {
    std::string command;                          // for /bin/sh -c
    std::chrono::milliseconds idle_close{10000};  // how long it runs on when nobody wants it any more
    std::uint64_t max_frame = kDefaultMaxFrame;
    std::chrono::milliseconds first_pause{1000};  // before it is started again; see BackOff
    std::chrono::milliseconds longest_pause{30000};
    std::chrono::milliseconds lasting{10000};
};

/// How a run ended by itself.
struct RunEnd {
    std::string how;         // "exit code 1", "killed by SIGSEGV"; empty: with exit code 0
    std::string broken;      // what was wrong with what it wrote, or why it could not be started; empty: nothing
    std::string last_words;  // the last lines of its stderr, newlines between; empty: it said nothing
    std::uint64_t frames = 0;
    std::chrono::milliseconds lasted{};
    bool did_well = false;              // it gave frames, and lasted
    std::chrono::milliseconds pause{};  // until it is started again, if it is still wanted

    bool failed() const { return !how.empty() || !broken.empty() || frames == 0; }
};

/// Runs the command in a process group of its own, with an empty stdin. Whenever it ends it is started
/// again, after a growing pause. A command that is wanted no longer is ended: SIGTERM, and SIGKILL for
/// who does not listen.
class KeptCommand {
public:
    /// What becomes of it. Called in threads of the command, never two calls at a time but for on_line().
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void on_start() = 0;
        virtual void on_frame(Frame frame) = 0;
        /// What it says on stderr, without the newline; see LineSplitter.
        virtual void on_line(const std::string& line) = 0;
        /// Nobody wants it any more. No frame comes after this before the next on_start().
        /// ran  false: it was waiting to be started again
        virtual void on_rest(bool ran) = 0;
        virtual void on_end(const RunEnd& end) = 0;
    };

    /// The command is not started before it is wanted.
    /// listener  outlives this
    KeptCommand(KeptCommandOptions options, Listener& listener);
    /// Ends it, within a second.
    ~KeptCommand();
    KeptCommand(const KeptCommand&) = delete;
    KeptCommand& operator=(const KeptCommand&) = delete;

    // Any thread; these return at once.

    void want(bool wanted);
    /// It is not wanted, and not to run on for a while either.
    void dismiss();
    /// Begins the end.
    void stop();
    /// Waits for the end, which takes less than a second: no call of the listener comes after it. One thread.
    void finish();

private:
    struct Reading;
    struct Wish {
        bool wanted = false;
        bool at_once = false;  // if it is not wanted
        bool stopping = false;
    };
    enum class Step;
    static std::chrono::milliseconds patience(Step step, const Wish& wish, std::chrono::milliseconds idle_close);

    void run();
    Wish wish() const;
    void set_wish(Wish wish);
    /// nullopt: it was ended, since nobody wanted it
    std::optional<RunEnd> run_once();

    const KeptCommandOptions options_;
    Listener& listener_;
    const std::shared_ptr<WakeEvent> woken_ = std::make_shared<WakeEvent>();

    mutable std::mutex mutex_;  // guards wish_
    Wish wish_;

    std::thread thread_;
};

}  // namespace framepipe
