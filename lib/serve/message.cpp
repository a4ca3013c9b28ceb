#include "serve/message.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>

namespace framepipe::serve {
namespace {

/// A small body is worth its copy.
constexpr std::size_t kMaxJoined = 8 << 10;

/// The parts of a message from `offset` on.
struct Parts {
    std::array<iovec, 3> at;
    std::size_t count = 0;
    std::size_t skip;

    explicit Parts(std::size_t offset) : skip(offset) {}
    void add(const void* data, std::size_t size) {
        if (skip >= size) {
            skip -= size;
            return;
        }
        at[count++] = {static_cast<char*>(const_cast<void*>(data)) + skip, size - skip};
        skip = 0;
    }
};

}  // namespace

Message::Message(std::string head, Bytes body, std::string tail, Carried frame)
    : head_(std::move(head)), body_(std::move(body)), tail_(std::move(tail)), frame_(frame) {
    if (body_.size() > kMaxJoined) return;
    // One piece is cheaper to send, again and again, than three.
    head_.append(body_.text()).append(tail_);
    body_ = {};
    tail_.clear();
}

Message::Message(std::shared_ptr<const Message> original, Pages pages, PagePipe& pipe, std::atomic<std::uint64_t>& in_use)
    : original_(std::move(original)),
      head_(original_->head_),
      body_(original_->body_),
      tail_(original_->tail_),
      frame_(original_->frame_),
      pages_(std::move(pages)) {
    if (pages_.empty()) return;
    auto at = reinterpret_cast<char*>(pages_.bytes().data());
    for (const std::string_view part : {std::string_view(head_), body_.text(), std::string_view(tail_)})
        at = std::copy(part.begin(), part.end(), at);
    pipe_ = &pipe;
    in_use_ = &in_use;
    in_use += size();
}

Message::~Message() {
    if (in_use_) *in_use_ -= size();
}

std::string_view Message::piece(std::size_t offset) const {
    for (const std::string_view part : {std::string_view(head_), body_.text(), std::string_view(tail_)}) {
        if (offset < part.size()) return part.substr(offset);
        offset -= part.size();
    }
    return {};
}

ssize_t Message::send_some(int socket, std::size_t offset) const {
    if (pipe_) return pipe_->send(socket, pages_.bytes().subspan(offset));
    if (body_.empty() && tail_.empty()) return send(socket, head_.data() + offset, head_.size() - offset, MSG_NOSIGNAL | MSG_DONTWAIT);
    Parts parts(offset);
    parts.add(head_.data(), head_.size());
    parts.add(body_.data(), body_.size());
    parts.add(tail_.data(), tail_.size());
    msghdr message{};
    message.msg_iov = parts.at.data();
    message.msg_iovlen = parts.count;
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace framepipe::serve
