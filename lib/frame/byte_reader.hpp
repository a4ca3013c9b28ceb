// Bytes from a descriptor or from memory, with look-ahead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "frame/bytes.hpp"
#include "frame/pipe_size.hpp"

namespace framepipe {

/// Reads a descriptor that it does not own, or memory, and lets its caller look at bytes before taking
/// them. It waits only while fewer bytes are there than were asked for, and one read(2) is the most that
/// it takes beyond them, so a live pipe never blocks it. Memory grows with what came, not with what was
/// asked for. One thread at a time.
class ByteReader {
public:
    /// name  what messages call the input
    explicit ByteReader(int fd, std::string name = "stdin");
    explicit ByteReader(Bytes bytes, std::string name = "memory");

    /// Waits until at least `n` bytes are available.
    /// returns  false if the input ended before
    /// throws   SystemError if reading fails
    bool fill(std::size_t n);

    /// The same, but never reads past the byte number `most`: for who hands the input on.
    bool fill(std::size_t n, std::size_t most);

    /// Takes in, up to `n` available bytes, what can be had without waiting: for messages.
    void fill_ready(std::size_t n);

    /// The bytes that were read and not yet consumed. Valid until the next call that is not const.
    std::span<const std::byte> available() const { return {data_ + begin_, end_ - begin_}; }

    /// Drops the first `n` available bytes.
    void consume(std::size_t n);

    /// Skips `n` bytes, available or still to be read.
    /// returns  false if the input ended before
    bool skip(std::uint64_t n);

    /// The next `n` bytes, read to the end of them if need be; fewer if the input ended before. Memory
    /// for `n` bytes is reserved, so compare it with a limit first. Shared without a copy where that
    /// does not waste memory. A pipe grows to hold about so much.
    Bytes take(std::size_t n);

    /// Reads the next destination.size() bytes into `destination`.
    /// returns  how many there were before the end of the input
    std::size_t read_into(std::span<std::byte> destination);

    /// Waits until a byte is available; true if there are no more.
    bool at_end() { return !fill(1); }

    /// Gives away what was read ahead, so that another reader of the descriptor can go on with it
    /// (of memory: all that is left).
    Bytes rest();

    /// How many bytes were consumed: where the first available one stands in the input.
    std::uint64_t offset() const { return consumed_; }

    /// When the last bytes came, in microseconds since the UNIX epoch.
    std::int64_t read_time_us() const { return read_time_us_; }

    /// The descriptor; -1: memory.
    int fd() const { return fd_; }
    const std::string& name() const { return name_; }

private:
    std::size_t read_some(std::byte* to, std::size_t size);
    void make_room(std::size_t size);

    int fd_ = -1;
    PipeSize pipe_{-1};
    std::string name_;
    Bytes memory_;                     // when reading memory
    Block buffer_;                     // when reading a descriptor
    const std::byte* data_ = nullptr;  // of memory_ or buffer_
    std::size_t begin_ = 0;            // the available bytes in it
    std::size_t end_ = 0;
    std::size_t chunk_;  // the size of the next read
    std::uint64_t consumed_ = 0;
    std::int64_t read_time_us_ = 0;
    bool ended_ = false;
};

}  // namespace framepipe
