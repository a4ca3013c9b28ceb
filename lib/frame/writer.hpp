// Writes frames to a descriptor, and keeps live pictures from growing old in the pipe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "frame/clock.hpp"
#include "frame/frame.hpp"
#include "frame/pipe_size.hpp"

namespace framepipe {

/// Writes frames to a descriptor that it does not own. write() is for one thread at a time;
/// the others may be called from any.
///
/// A pipe is a queue. A live frame (`live` in its header) is therefore written only when the one
/// before it has been read (FIONREAD works on the write end too). Pipes get a size of about one
/// frame for live streams and of 1 MiB for recorded ones.
class FrameWriter {
public:
    /// command   the name that goes into `stages`; empty: headers are written as they are
    explicit FrameWriter(int fd, std::string command = {});

    /// Writes the frame whole. A live frame waits until the one before it has been read.
    /// returns  false if the reader has left (EPIPE): the end of the work, not a failure
    /// throws   SystemError if the descriptor cannot be written (a full disk, say)
    [[nodiscard]] bool write(const Frame& frame);

    /// Writes a frame if nothing is to be waited for: the pipe is empty, and holds it.
    /// returns  nullopt if that is not so; else what write() does
    std::optional<bool> write_at_once(const Frame& frame);

    /// Writes bytes as they are, with no frame around them (`frames --bare`, `encode -o -`).
    [[nodiscard]] bool write_bare(std::span<const std::byte> bytes);

    /// True if all that was written has been read, or if that cannot be known (a file, say).
    bool drained() const;

    /// True if the reader has left.
    bool reader_left() const;

    /// Waits until the reader leaves or the descriptor `wake` is readable.
    void wait_reader_left(int wake) const;

    /// Waits until drained(), until `until`, until the reader leaves, or until `stop` says so (it is
    /// asked every 20 ms at least).
    /// returns drained()
    bool wait_drained(SteadyClock::time_point until, const std::function<bool()>& stop = {}) const;

    /// Bytes that wait unread; 0 if that cannot be known. Unchanged for long: nobody reads.
    std::size_t unread() const;

    /// True while write() waits for the reader: somebody who reads ahead should stop (`--latest`).
    bool blocked() const { return blocked_.load(std::memory_order_relaxed); }

    std::uint64_t frames_written() const { return frames_; }

private:
    void fit_pipe(bool live, std::size_t size);
    bool write_all(std::string_view head, std::span<const std::byte> payload);

    int fd_;
    std::string command_;
    PipeSize pipe_;
    bool is_socket_ = false;
    std::uint64_t frames_ = 0;
    std::atomic<bool> blocked_{false};
};

}  // namespace framepipe
