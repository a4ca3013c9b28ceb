// A command of the shell, with our ends of its pipes.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "frame/descriptor.hpp"

namespace framepipe {

/// Which pipes a child has besides that of its stdout.
struct ChildPipes {
    bool input = true;    // false: its stdin is empty
    bool errors = false;  // false: its stderr is ours
};

/// A running `/bin/sh -c COMMAND` in a process group of its own, so that a whole pipeline can be ended.
/// It gets default signals and an empty signal mask. One thread at a time, but for interrupt().
class Child {
public:
    /// A variable of the environment, name and value.
    using Variable = std::pair<std::string, std::string>;

    /// environment  in place of or beside our own
    /// throws SystemError if it cannot be started
    explicit Child(const std::string& command, const std::vector<Variable>& environment = {}, ChildPipes pipes = {});
    /// Ends it, if it still runs, as end() does.
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    int input() const { return input_.get(); }    // write here what it reads
    int output() const { return output_.get(); }  // read here what it writes
    int errors() const { return errors_.get(); }  // and here what it says, if it has that pipe
    int ended() const { return ended_.get(); }    // readable once the shell has ended; -1: an old kernel cannot tell
    void close_input() { input_.reset(); }
    /// The caller's from here on, and open for as long as that likes.
    Descriptor take_output() { return std::move(output_); }

    /// Asks the whole group to end (SIGTERM).
    void terminate() const;

    /// Makes a blocked read of output() or write to input() of another thread return soon, by killing
    /// the whole group. Any thread.
    void interrupt() const;

    /// Waits so long for its own end.
    /// returns  true if it has ended
    bool wait(std::chrono::milliseconds time);

    /// Ends it: closes its stdin and waits, then SIGTERM and waits, then SIGKILL.
    /// returns  how it ended, in words ("exit code 3", "killed by SIGTERM"); empty: with exit code 0
    std::string end(std::chrono::milliseconds after_close, std::chrono::milliseconds after_term);

private:
    void signal_group(int signal) const;

    pid_t pid_ = -1;
    std::atomic<bool> reaped_{false};
    int status_ = 0;
    Descriptor input_;
    Descriptor output_;
    Descriptor errors_;
    Descriptor ended_;
};

}  // namespace framepipe
