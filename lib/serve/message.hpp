// Bytes on their way to sockets, the same bytes for every viewer that wants them.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frame/bytes.hpp"
#include "frame/clock.hpp"
#include "frame/descriptor.hpp"
#include "serve/page_pipe.hpp"

namespace framepipe::serve {

/// Files in memory (memfd), whose pages are sent as they are: less work for every viewer than copying out of
/// our memory. Any thread.
class MemoryFiles {
public:
    /// in_use  counts the bytes in files that are taken
    explicit MemoryFiles(std::atomic<std::uint64_t>& in_use) : in_use_(in_use) {}

    std::atomic<std::uint64_t>& in_use() { return in_use_; }

    /// An empty file. No descriptor if there is none to be had.
    Descriptor take();
    /// Gives the file back. Its pages are let go, never written again: socket queues may still hold them.
    void give_back(Descriptor file);

private:
    std::atomic<std::uint64_t>& in_use_;
    std::mutex mutex_;  // guards free_
    std::vector<Descriptor> free_;
};

using Seconds = std::chrono::duration<double>;

/// The live frame that a message carries.
struct Carried {
    std::uint64_t id = 0;               // 0: none
    SteadyClock::time_point arrival{};  // here
    /// How long before its arrival it was taken, by its `time_us`; below zero, if a clock is wrong.
    std::optional<Seconds> age{};
};

/// A head, a body and a tail that go out as one. Immutable once it is shared.
class Message {
public:
    Message(std::string head, Bytes body = {}, std::string tail = {}, Carried frame = {});
    /// The same bytes in a file of `files` (which must outlive this), to be sent from there; from memory
    /// where there is no file to be had. Keeps `original`, for one thread of viewers: threads that send
    /// from the same pages at once hold each other up at the pages' reference counts.
    /// pages  gets the file's pages, and is sent from as long as it holds them; may be null. Outlives this
    Message(std::shared_ptr<const Message> original, MemoryFiles& files, PagePipe* pages = nullptr);
    ~Message();
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;

    /// Sends what the socket takes of the bytes from `offset` on.
    /// returns  the number of bytes, or -1 and errno
    ssize_t send_some(int socket, std::size_t offset) const;

    /// The bytes from `offset` on that lie in one piece; not empty before the end.
    std::string_view piece(std::size_t offset) const;

    std::size_t size() const { return head_.size() + body_.size() + tail_.size(); }
    const Carried& frame() const { return frame_; }
    /// 0: it carries none.
    std::uint64_t frame_id() const { return frame_.id; }
    /// The whole as one string, for tests.
    std::string text() const { return head_ + std::string(body_.text()) + tail_; }

    /// True if it is sent from a file.
    bool in_file() const { return static_cast<bool>(file_); }

private:
    bool fill_file(int file) const;

    std::shared_ptr<const Message> original_;
    std::string head_;
    Bytes body_;
    std::string tail_;
    Carried frame_;
    Descriptor file_;
    MemoryFiles* files_ = nullptr;
    PagePipe* pages_ = nullptr;
};

using MessagePtr = std::shared_ptr<const Message>;

}  // namespace framepipe::serve
