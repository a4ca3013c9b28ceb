#include "serve/message.hpp"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>

namespace framepipe::serve {
namespace {

constexpr std::size_t kMaxFreeFiles = 16;
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

Descriptor MemoryFiles::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!free_.empty()) {
            Descriptor file = std::move(free_.back());
            free_.pop_back();
            return file;
        }
    }
    return Descriptor(memfd_create("framepipe-frame", MFD_CLOEXEC));
}

void MemoryFiles::give_back(Descriptor file) {
    if (ftruncate(file.get(), 0) != 0) return;
    const std::lock_guard lock(mutex_);
    if (free_.size() < kMaxFreeFiles) free_.push_back(std::move(file));
}

Message::Message(std::string head, Bytes body, std::string tail, Carried frame)
    : head_(std::move(head)), body_(std::move(body)), tail_(std::move(tail)), frame_(frame) {
    if (body_.size() > kMaxJoined) return;
    // One piece is cheaper to send, again and again, than three.
    head_.append(body_.text()).append(tail_);
    body_ = {};
    tail_.clear();
}

Message::Message(std::shared_ptr<const Message> original, MemoryFiles& files, PagePipe* pages)
    : original_(std::move(original)),
      head_(original_->head_),
      body_(original_->body_),
      tail_(original_->tail_),
      frame_(original_->frame_) {
    Descriptor file = files.take();
    if (!file) return;
    if (!fill_file(file.get())) {
        files.give_back(std::move(file));
        return;
    }
    file_ = std::move(file);
    files_ = &files;
    files.in_use() += size();
    pages_ = pages;
    if (pages_) pages_->load(file_.get(), size());
}

Message::~Message() {
    if (!file_) return;
    files_->in_use() -= size();
    if (pages_ && pages_->holds(file_.get())) pages_->unload();
    files_->give_back(std::move(file_));
}

bool Message::fill_file(int file) const {
    std::size_t done = 0;
    while (done < size()) {
        Parts parts(done);
        parts.add(head_.data(), head_.size());
        parts.add(body_.data(), body_.size());
        parts.add(tail_.data(), tail_.size());
        const ssize_t n = pwritev(file, parts.at.data(), static_cast<int>(parts.count), static_cast<off_t>(done));
        if (n <= 0) return false;
        done += static_cast<std::size_t>(n);
    }
    return true;
}

std::string_view Message::piece(std::size_t offset) const {
    for (const std::string_view part : {std::string_view(head_), body_.text(), std::string_view(tail_)}) {
        if (offset < part.size()) return part.substr(offset);
        offset -= part.size();
    }
    return {};
}

ssize_t Message::send_some(int socket, std::size_t offset) const {
    if (offset == 0 && pages_ && pages_->holds(file_.get())) return pages_->send(socket);
    if (file_) {
        auto at = static_cast<off_t>(offset);
        return sendfile(socket, file_.get(), &at, size() - offset);
    }
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
