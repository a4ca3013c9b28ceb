// How many frames may be worked on at once without any growing old.
#pragma once

#include <atomic>
#include <cstddef>

#include "frame/writer.hpp"

namespace framepipe {

/// Recorded frames: two for each worker, so that who is done need not wait for a slower one before. Live ones: while what is
/// written is read at once, our own work is the slow part, and several workers help. When the reader is
/// the slow side, each frame taken up early only waits before it: then one at a time, as a filter without
/// threads would do, and the input (see InputOptions::downstream) leaves the next one with the source.
class ReadAhead {
public:
    /// out  where live frames are written; null: nowhere that could be slow (files)
    ReadAhead(const FrameWriter* out, unsigned workers) : out_(out), workers_(workers), live_limit_(out == nullptr ? workers : 1) {}

    /// Call with each frame taken up.
    void taken(bool live) { live_ = live; }

    /// Call after each frame was written, in the writing thread. Waits a little for the reader of a live one.
    void written(bool live);

    /// How many frames may be in the works.
    std::size_t limit() const { return live_ ? live_limit_.load(std::memory_order_relaxed) : 2 * std::size_t{workers_}; }

private:
    const FrameWriter* out_;
    unsigned workers_;
    std::atomic<bool> live_{false};
    std::atomic<std::size_t> live_limit_;
};

}  // namespace framepipe
