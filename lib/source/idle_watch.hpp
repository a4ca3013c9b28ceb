// Does anybody read what we write?
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "frame/clock.hpp"

namespace framepipe {

/// Tells when a reader has taken no byte for long: what is unread stays the same and is not
/// nothing. Any thread may call.
class IdleWatch {
public:
    /// limit  how long nothing may be taken; 0: for ever
    explicit IdleWatch(SteadyClock::duration limit) : limit_(limit) {}

    /// Notes what the writer says now.
    /// unread   bytes that wait in the pipe
    /// written  frames written so far: one more means that the reader made room for it
    /// returns  true while the reader is idle
    bool observe(SteadyClock::time_point now, std::size_t unread, std::uint64_t written);

private:
    const SteadyClock::duration limit_;
    std::mutex mutex_;
    // The rest is guarded by mutex_.
    std::size_t unread_ = 0;
    std::uint64_t written_ = 0;
    SteadyClock::time_point since_{};
};

}  // namespace framepipe
