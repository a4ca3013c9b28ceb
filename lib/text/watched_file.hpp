// A file that may be written anew, or replaced, at any time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "files/file_stamp.hpp"
#include "frame/clock.hpp"

namespace framepipe {

/// The contents of a small file, read again when it has changed.
class WatchedFile {
public:
    /// max_size  a larger file is an error
    WatchedFile(std::string name, std::uint64_t max_size);

    /// The contents if they are others than last time (the first time: always). Looks at the file at most
    /// every 50 ms; while it is away (about to be replaced) nothing has changed.
    /// throws Error the first time if it cannot be read, and later if it has become too large
    std::optional<std::string> changed();

private:
    std::optional<std::string> read(FileStamp& stamp) const;

    std::string name_;
    std::uint64_t max_size_;
    std::optional<std::string> contents_;
    FileStamp stamp_;
    bool settled_ = false;
    SteadyClock::time_point next_look_{};
};

}  // namespace framepipe
