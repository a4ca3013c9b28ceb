// SIGINT, SIGTERM and SIGHUP: how a command is told to stop.
#pragma once

#include <functional>
#include <memory>

namespace framepipe {

/// Ignores SIGPIPE, raises the limit of open files to its hard one, and keeps the numbers of closed
/// standard descriptors from being used for something else. Call first in main.
void prepare_process();

/// Waits for SIGINT, SIGTERM and SIGHUP in a thread of its own while the other threads block them,
/// so create it before any other thread.
class StopSignals {
public:
    /// on_stop  called once, in the signals' thread, with the first signal's number. A live command
    ///          makes its main loop return soon (and exits 0); a filter removes what is half done and
    ///          calls die_of(). If the process still lives `grace` later it is ended: with exit code 0
    ///          if `live`, else by the signal itself, so that a shell's loop stops.
    /// on_reload  called for SIGHUP, which then stops nothing, each time in the signals' thread; empty:
    ///          there is nothing to read anew
    StopSignals(std::function<void(int)> on_stop, bool live, std::function<void()> on_reload = {});
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// True after the first signal.
    static bool stopping();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Restores the default action of the signal and raises it again: the shell sees how we ended.
[[noreturn]] void die_of(int signal);

/// For a child between fork and exec: default signals and an empty mask.
void restore_default_signals();

}  // namespace framepipe
