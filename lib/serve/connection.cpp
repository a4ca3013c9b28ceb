#include "serve/connection.hpp"

#include <errno.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>

#include "cli/log.hpp"
#include "serve/shard.hpp"
#include "serve/socket.hpp"

namespace framepipe::serve {
namespace {

constexpr std::size_t kMaxWaitingMessages = 1024;
constexpr std::size_t kMaxWaitingBytes = 8 << 20;
/// A peer that was told something and goes on sending is heard out this long, since closing a socket
/// with unread bytes resets it, and the peer might lose what it was told.
constexpr auto kLinger = std::chrono::seconds(2);
constexpr std::size_t kMaxDiscarded = 4 << 20;
/// A path that was empty so often in a row carries more than it is given, and is looked at less often:
/// the look costs a twentieth of sending 20 kB. If it slows down, so many bytes are late, once.
constexpr int kTrustAfter = 16;
constexpr std::uint64_t kTrustedBytes = 128 << 10;
/// Who sends without end is read so much of, then others have their turn.
constexpr std::size_t kTurn = 256 << 10;

}  // namespace

Connection::Connection(Shard& shard, Descriptor socket, Limits::Seat seat, std::unique_ptr<TlsStream> tls)
    : shard_(shard),
      socket_(std::move(socket)),
      tls_(std::move(tls)),
      seat_(std::move(seat)),
      outbox_(kMaxWaitingMessages, kMaxWaitingBytes),
      progress_(shard.loop().now()),
      life_(shard.loop().now()),
      retry_(shard.loop(), [this] { attempt([this] { flush(); }); }),
      resume_(shard.loop(), [this] { on_ready(EPOLLIN); }) {
    shard_.loop().watch(socket_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this);
}

Connection::~Connection() {
    forget_waiting();  // what came in while it was closed
}

void Connection::on_ready(std::uint32_t events) {
    attempt([&] { handle(events); });
}

void Connection::fail(const char* words) {
    log::warn_once("viewer", fmt::format("let a connection go, whose work failed: {}", words));
    shard_.counters().refusals[static_cast<std::size_t>(Refusal::failed)].add();
    close();
}

void Connection::handle(std::uint32_t events) {
    if (closed_) return;
    if ((events & (EPOLLIN | EPOLLRDHUP)) || (tls_ && tls_->wants_write())) receive();
    if (!closed_ && blocked_ && (events & EPOLLOUT)) flush();
    if (!closed_ && (events & (EPOLLERR | EPOLLHUP))) close();
    retired_.reset();
}

ssize_t Connection::receive_some(std::span<char> buffer) {
    // What nobody listens to any more need not be deciphered.
    if (!tls_ || lingering_) return recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    const ssize_t n = tls_->receive(buffer);
    if (n >= 0 || !tls_->is_plain_http()) return n;
    tls_.reset();
    protocol_->on_plain_request();
    errno = EAGAIN;  // the answer is on its way, and so is the end
    return -1;
}

void Connection::receive() {
    const std::span<char> buffer = shard_.read_buffer();
    std::size_t taken = 0;
    while (!closed_ && reading_) {
        // Not at once, which would be this turn again: no event tells of bytes that are there already.
        if (taken >= kTurn) return resume_.after(std::chrono::nanoseconds(1));
        const ssize_t n = receive_some(buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (n < 0) return close();
        if (lingering_ || finishing_) {
            discarded_ += static_cast<std::size_t>(n);
            if (lingering_ && (n == 0 || discarded_ > kMaxDiscarded)) return close();
            if (n == 0) return;
            continue;
        }
        if (n == 0) return protocol_->on_end();
        life_ = shard_.loop().now();
        taken += static_cast<std::size_t>(n);
        protocol_->on_bytes({buffer.data(), static_cast<std::size_t>(n)});
    }
}

void Connection::flush() {
    // What goes out in one turn shares its segments: each wakes the peer, and costs as much as 10 kB.
    const bool several = !tls_ && outbox_.size() > 1;
    if (several) hold_segments(socket_.get(), true);
    send_waiting();
    if (several && !closed_) hold_segments(socket_.get(), false);
    if (blocked_ || closed_ || !outbox_.empty()) return;
    if (finishing_)
        linger();
    else
        protocol_->on_drained();
}

void Connection::send_waiting() {
    while (!closed_) {
        if (!current_.message) {
            auto entry = outbox_.take([this](std::uint32_t slot) { return protocol_->may_begin(slot); });
            if (!entry) break;
            current_ = std::move(*entry);
            offset_ = 0;
            // From here on it waits for the socket.
            progress_ = shard_.loop().now();
            if (current_.message->frame_id()) protocol_->on_begun(current_);
        }
        const ssize_t n = tls_ ? tls_->send(current_.message->piece(offset_)) : current_.message->send_some(socket_.get(), offset_);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            blocked_ = true;
            found_empty_ = 0;
            return;
        }
        if (n <= 0) return close();
        progress_ = shard_.loop().now();
        if (blocked_) life_ = progress_;
        const auto sent = static_cast<std::size_t>(n);
        shard_.counters().bytes.add(sent);
        unchecked_ += sent;
        offset_ += sent;
        if (offset_ < current_.message->size()) continue;
        const bool is_frame = current_.message->frame_id() != 0;
        if (is_frame) count_sent();
        const Outbox::Slot slot = current_.slot;
        current_ = {};
        if (is_frame) protocol_->on_sent(slot);
    }
    blocked_ = false;
}

void Connection::count_sent() {
    ViewerCounters& counters = shard_.counters();
    counters.frames.add(current_.frames);
    if (current_.timed == 0) return;
    const Carried& frame = current_.message->frame();
    // Not the loop's time: thousands of viewers may have been sent to since.
    const Seconds wait = SteadyClock::now() - frame.arrival;
    counters.wait.add(wait, current_.timed);
    if (frame.age) counters.age.add(*frame.age + wait, current_.timed);
}

void Connection::forget_waiting() {
    shard_.counters().drop(Drop::left, outbox_.clear());
}

bool Connection::path_is_clear() {
    if (unchecked_ <= (found_empty_ < kTrustAfter ? kNotSentLowWater : kTrustedBytes)) return true;
    const auto wait = wait_for_path(socket_.get(), unchecked_);
    found_empty_ = unchecked_ == 0 ? std::min(found_empty_ + 1, kTrustAfter) : 0;
    if (wait && !retry_.armed()) retry_.after(*wait);
    return !wait;
}

void Connection::bound_unread(std::size_t bytes) {
    if (unread_bytes(socket_.get()) > bytes) bound_receive_buffer(socket_.get(), bytes);
}

void Connection::finish() {
    if (closing()) return;
    finishing_ = true;
    if (!reading_) {
        reading_ = true;  // to hear the peer out
        receive_soon();
    }
    if (!sending()) flush();
}

void Connection::linger() {
    if (lingering_) return;
    lingering_ = true;
    progress_ = shard_.loop().now();
    if (tls_) tls_->finish();
    shutdown(socket_.get(), SHUT_WR);
}

void Connection::close() {
    if (closed_) return;
    closed_ = true;
    retry_.cancel();
    resume_.cancel();
    forget_waiting();
    if (current_.message && current_.message->frame_id()) shard_.counters().drop(Drop::left, current_.frames);
    current_ = {};
    shard_.loop().unwatch(socket_.get());
    tls_.reset();
    socket_.reset();
    shard_.remove(*this);
}

void Connection::speak(std::unique_ptr<Protocol> protocol) {
    retired_ = std::move(protocol_);
    protocol_ = std::move(protocol);
}

void Connection::tick() {
    const auto now = shard_.loop().now();
    if (lingering_ && now - progress_ > kLinger) return close();
    if (tls_ && !tls_->established() && now - life_ > shard_.context().header_timeout) {
        shard_.counters().refusals[static_cast<std::size_t>(Refusal::timeout)].add();
        return close();
    }
    if (current_.message && now - progress_ > shard_.stall_timeout()) {
        let_go(Refusal::stalled, "a viewer took no byte for a while (--stall-timeout)");
        return close();  // it would not take a word of farewell either
    }
    if (!finishing_) protocol_->on_tick();
}

void Connection::stop() {
    if (!closing()) protocol_->on_stop();
}

void Connection::let_go(Refusal reason, std::string_view words, std::uint16_t code) {
    shard_.counters().refusals[static_cast<std::size_t>(reason)].add();
    log::warn_once(fmt::format("let go {} {}", name_of(reason), code), fmt::format("let a connection go: {}", words));
}

void Connection::dismiss(Refusal reason) {
    if (closing()) return;
    let_go(reason, reason == Refusal::queue ? "a viewer was too slow, and too many messages waited for it"
                                            : "a viewer was too slow, and all pictures together took too much memory (--max-memory)");
    protocol_->on_dismissed(reason);
}

std::uint64_t Connection::oldest_frame() const {
    const std::uint64_t waiting = outbox_.oldest_frame();
    const std::uint64_t sending = current_.message ? current_.message->frame_id() : 0;
    return sending && (!waiting || sending < waiting) ? sending : waiting;
}

}  // namespace framepipe::serve
