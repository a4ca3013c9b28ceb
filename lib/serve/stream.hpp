// A named stream: its last frame, who wants it in which form, and how it does.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frame/clock.hpp"
#include "serve/live_frame.hpp"

namespace framepipe::serve {

enum class StreamState : std::uint8_t {
    waiting,  // nothing came yet
    live,     // frames arrive
    idle,     // nobody wants them, so they are not read
    ended,    // the input ended; the last picture stays
    failed,   // its source failed; the latest frame is a picture that says why
};
std::string_view name_of(StreamState state);

/// What /streams and framepipe.v1 say of a stream.
struct StreamStatus {
    std::string name;
    std::string type;
    std::int64_t width = 0;
    std::int64_t height = 0;
    StreamState state = StreamState::waiting;
    double fps = 0;
    std::uint64_t viewers = 0;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    std::int64_t age_us = -1;  // since the last frame; -1: none came
    std::uint64_t drops = 0;   // of all its viewers
    std::string error;         // why the stream's source failed last, if no frame came since; empty: it did not

    /// As a JSON object.
    std::string json() const;
};

/// Whoever feeds streams: an input, a producer's connection. A stream has one at a time.
class Feeder {
public:
    virtual ~Feeder() = default;
    /// Another one has taken the stream over. In any thread, with the hub locked: return at once.
    virtual void on_lost(const std::string& stream) = 0;
    /// Somebody wants pictures that it feeds or may feed, or no longer; see Hub::attach(). In any thread,
    /// with the hub locked: return at once.
    virtual void on_wanted(bool) {}
    /// Who had taken a stream that it owns has gone: it may feed it again. As above.
    virtual void on_returned() {}

    /// Give the stream's next number to frames that have no `seq`.
    bool numbers = false;
};

/// A count of events a second that lets no more through than may be, a second's worth at once.
class RateLimit {
public:
    /// returns  false if this event is one too many
    bool admit(double a_second, SteadyClock::time_point now);
    /// When one more is let through: so long after the one that was too many.
    SteadyClock::duration wait(double a_second) const;

private:
    double allowance_ = -1;  // events; below 0: none came yet
    SteadyClock::time_point last_{};
};

/// Guarded by the Hub's mutex.
struct Stream {
    std::string name;
    FramePtr latest;
    StreamState state = StreamState::waiting;
    std::array<std::uint32_t, kForms> wants{};  // viewers of each form
    std::vector<std::uint32_t> sinks;           // viewers in each thread
    std::uint32_t demand = 0;                   // viewers that want pictures now: those that have not paused
    /// Frames that viewers were not sent; they count it without the lock.
    std::shared_ptr<std::atomic<std::uint64_t>> drops = std::make_shared<std::atomic<std::uint64_t>>(0);
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    double interval_s = 0;  // recent mean between frames; 0: unknown
    SteadyClock::time_point last{};
    Feeder* feeder = nullptr;   // null: nobody
    Feeder* owner = nullptr;    // feeds it when nobody else does; null: nobody, and the stream need not exist
    std::string error;          // why its source failed, until a frame comes
    std::int64_t next_seq = 0;  // after the last frame's
    RateLimit rate;

    /// Takes the frame as the latest and counts it.
    void note(FramePtr frame);
    /// The latest is a picture of this error. It is none that came, and is not counted.
    void fail(FramePtr picture, std::string words);
    /// What who comes now is shown; null: nothing, or it would be old.
    FramePtr current() const;
    /// A picture came, or it is a source's that may bring one.
    bool may_show_pictures() const;
    std::uint64_t viewers() const;
    /// It has ended, and nobody watches it or feeds it any more.
    bool is_past() const { return state == StreamState::ended && feeder == nullptr && owner == nullptr && viewers() == 0; }
    StreamStatus status() const;
    /// Frames that arrive as often as they did, and at least each 10 s.
    bool healthy(SteadyClock::time_point now) const;
};

}  // namespace framepipe::serve
