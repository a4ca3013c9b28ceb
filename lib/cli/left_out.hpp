// What a command had to leave out of a stream.
#pragma once

#include <cstdint>
#include <string>

#include "cli/exit_code.hpp"

namespace framepipe {

/// Says what is left out, each reason once, and counts it.
class LeftOut {
public:
    /// strict  the first one ends the command
    explicit LeftOut(bool strict) : strict_(strict) {}

    /// throws Error if strict
    void operator()(const std::string& why);

    /// At the end: says how many of `what` were left out if not each of them has been said.
    ExitCode finish(const char* what) const;

private:
    bool strict_;
    std::uint64_t count_ = 0, said_ = 0;
};

}  // namespace framepipe
