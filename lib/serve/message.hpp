// Bytes on their way to sockets, the same bytes for every viewer that wants them.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "frame/bytes.hpp"
#include "frame/clock.hpp"
#include "serve/page_pipe.hpp"
#include "serve/pages.hpp"

namespace framepipe::serve {

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
    /// The same bytes in `pages` of their size, to be sent through `pipe`, which outlives this; from memory where they are
    /// empty. Keeps `original`, for one thread of viewers: threads that send the same pages at once
    /// hold each other up at the pages' reference counts.
    /// in_use  counts the bytes in pages; outlives this
    Message(std::shared_ptr<const Message> original, Pages pages, PagePipe& pipe, std::atomic<std::uint64_t>& in_use);
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

    /// True if it is sent by its pages.
    bool in_pages() const { return !pages_.empty(); }

private:
    std::shared_ptr<const Message> original_;
    std::string head_;
    Bytes body_;
    std::string tail_;
    Carried frame_;
    Pages pages_;
    PagePipe* pipe_ = nullptr;
    std::atomic<std::uint64_t>* in_use_ = nullptr;
};

using MessagePtr = std::shared_ptr<const Message>;

}  // namespace framepipe::serve
