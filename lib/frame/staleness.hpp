// Which frames had been waiting while nobody read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "frame/frame.hpp"

namespace framepipe {

/// How late a stream's frames are when they are read, by their own `time_us`. The clock that made it may
/// be another machine's, so only differences count: stale is what comes later than the stream's recent
/// least by more than 250 ms.
class Staleness {
public:
    /// Takes a frame that was read as it came.
    void note(const Header& header, std::int64_t read_us);
    /// From now on nothing is known of the stream: its clock has jumped, say.
    void forget(const std::string& stream) { streams_.erase(stream); }
    /// True if the frame is stale, false if it is fresh or nothing can be said.
    bool is_stale(const Header& header, std::int64_t read_us) const;
    /// True if is_stale() can tell for frames like this one.
    bool can_tell(const Header& header) const;
    /// How much later than the stream's recent least it comes, in microseconds; nullopt: nothing can be said.
    std::optional<std::int64_t> lateness_us(const Header& header, std::int64_t read_us) const;

private:
    struct Least {
        std::int64_t before = INT64_MAX;  // of the frames before those
        std::int64_t now = INT64_MAX;     // of the last few
        int count = 0;
    };
    std::map<std::string, Least> streams_;
};

}  // namespace framepipe
