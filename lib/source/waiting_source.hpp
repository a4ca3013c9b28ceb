// A source that may have nothing for long, and lets whoever asks look after other things meanwhile.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "frame/clock.hpp"
#include "source/source.hpp"

namespace framepipe {

class WaitingSource : public Source {
public:
    /// Waits for the next frame, but not longer than `until`: then nullopt.
    /// throws Error if the source is gone: nothing more comes
    virtual std::optional<Frame> next_until(SteadyClock::time_point until) = 0;

    /// The next frame; nullopt when `over`, asked ten times a second, is true.
    std::optional<Frame> next_unless(const std::function<bool()>& over) {
        while (!over()) {
            if (auto frame = next_until(SteadyClock::now() + std::chrono::milliseconds(100))) return frame;
        }
        return std::nullopt;
    }

    std::optional<Frame> next() override {
        return next_unless([] { return false; });
    }
};

}  // namespace framepipe
