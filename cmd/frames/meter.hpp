// Counts what passes through, and shows the rates while it does.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "frame/clock.hpp"
#include "frame/frame.hpp"

namespace framepipe::frames {

class Meter {
public:
    /// show  draw one line on stderr, anew a few times a second; for terminals
    explicit Meter(bool show);
    ~Meter();
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;

    /// Counts a frame. A number left out between two frames of a stream is a drop.
    void count(const Header& header, std::uint64_t payload_size);

    /// "1234 frames, 7.6 GB in 41.2 s: 29.9 frames/s, 186 MB/s; 3 drops"
    std::string summary() const;

private:
    void draw(SteadyClock::time_point now);

    mutable std::mutex mutex_;  // guards the rest: a thread draws, so that a stream that stands still is seen to
    SteadyClock::time_point start_{};
    SteadyClock::time_point last_{};
    std::uint64_t frames_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t drops_ = 0;
    std::map<std::string, std::int64_t, std::less<>> seqs_;  // the last of each stream
    SteadyClock::time_point drawn_at_{};                     // when, and what was counted then
    std::uint64_t drawn_frames_ = 0;
    std::uint64_t drawn_bytes_ = 0;
    std::jthread drawer_;  // last: it ends before what it reads
};

}  // namespace framepipe::frames
