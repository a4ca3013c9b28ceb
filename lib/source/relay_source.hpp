// A source that is another framepipe: its frames are finished, and it sends on only what is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "frame/clock.hpp"
#include "source/source.hpp"

namespace framepipe {

class RelaySource : public Source {
public:
    /// Waits for the next frame, but not longer than `until`: then nullopt.
    /// throws Error if the source is gone: nothing more comes
    virtual std::optional<Frame> next_until(SteadyClock::time_point until) = 0;

    /// True if frames say themselves what they are: `seq`, `time_us` and `live` stay.
    virtual bool keeps_headers() const = 0;

    /// Says that `count` more frames of `stream` were read downstream, or replaced by newer ones: as many may
    /// now come. Any thread may call.
    virtual void taken(const std::string& stream, std::uint64_t count) = 0;

    std::optional<Frame> next() final {
        while (true) {
            if (auto frame = next_until(SteadyClock::now() + std::chrono::seconds(1))) return frame;
        }
    }
};

}  // namespace framepipe
