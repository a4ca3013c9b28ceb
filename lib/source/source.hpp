// What every source of pictures is to the loops that write its frames out.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "frame/frame.hpp"

namespace framepipe {

/// Gives frames until none are left. One thread at a time.
class Source {
public:
    virtual ~Source() = default;

    /// Waits for the next frame; nullopt at the end. `seq` and `stream` are the writing loop's to set;
    /// `time_us` is there where the source knows better than "now" when the picture was taken.
    /// throws Error if the source is broken: nothing more comes
    virtual std::optional<Frame> next() = 0;
};

/// Where words for a person go; each may be empty.
struct Say {
    std::function<void(const std::string&)> warn;     // something bad that was left out or went away
    std::function<void(const std::string&)> notice;   // what the user must know though all is well
    std::function<void(const std::string&)> verbose;  // asked for with --verbose
};

}  // namespace framepipe
