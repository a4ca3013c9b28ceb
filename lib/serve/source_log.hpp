// What a source says, and what is said of it, in the log under its name.
#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "serve/stream.hpp"

namespace framepipe::serve {

/// Puts `NAME: ` before each line; without a name, the command's lines are as it says them. None is waited for: if stderr
/// does not take it, it is lost. One thread at a time, but for our own words and left_out().
class SourceLog {
public:
    explicit SourceLog(std::string name) : name_(std::move(name)) {}

    // Our own words.

    void notice(std::string_view words) const;
    void verbose(std::string_view words) const;

    // The command's.

    /// again  the run before ended by itself, and soon: what was said in such runs is not said again
    void begin_run(bool again);
    /// Says the line, unless there are too many.
    void line(const std::string& line);
    void end_run();

    /// Lines that were not said.
    std::uint64_t left_out() const { return left_out_; }

private:
    std::string named(std::string_view words) const;
    void say_unsaid();

    const std::string name_;
    RateLimit rate_;
    std::uint64_t unsaid_ = 0;           // lines left out that was not told of
    std::set<std::string> said_;         // in this run
    std::set<std::string> said_before_;  // in such runs before
    std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace framepipe::serve
