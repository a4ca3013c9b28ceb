#include "serve/relay_session.hpp"

#include <algorithm>

#include "serve/client_message.hpp"
#include "serve/shard.hpp"

namespace framepipe::serve {
namespace {

/// Streams that one client may feed.
constexpr std::size_t kMaxFeeds = 64;
/// How long a producer is not read whose last picture no client could begin to take. With the timer's grain
/// that is 500 pictures a second at least.
constexpr auto kPause = std::chrono::milliseconds(1);
/// What may wait unread of such a producer, if two pictures are not more.
constexpr std::size_t kMinUnread = 128 << 10;
/// A program that sends so many numbers and nothing between them is a meter, which may read nothing either. Few enough
/// for what it is sent until then: Python's websockets answers no ping once 16 messages are unread.
constexpr int kMeter = 4;

}  // namespace

RelaySession::RelaySession(Connection& connection, Relay& relay, bool echo, bool is_page)
    : WebSocketPeer(connection, relay.max_message()),
      relay_(relay),
      echo_(echo),
      is_page_(is_page),
      room_(relay.room(connection.shard())),
      pause_(connection.shard().loop(), [this] {
          connection_.set_reading(true);
          connection_.receive_soon();
      }) {
    room_->clients.push_back(this);
    ++room_->count;
    ++connection.shard().hub().metrics().websocket_viewers;
}

RelaySession::~RelaySession() {
    std::erase(room_->clients, this);
    --room_->count;
    --connection_.shard().hub().metrics().websocket_viewers;
    for (const std::string& stream : feeds_) relay_.count_feeders(stream, -1);
}

void RelaySession::start() {
    connection_.flush();
}

bool RelaySession::send_at_once(const MessagePtr& whole, const Bundle& bundle) {
    if (connection_.closing() || is_deaf()) return true;
    if (connection_.sending() || !connection_.outbox().empty()) return false;
    if (connection_.waits_for_path() || (bundle.pictures > 0 && !connection_.path_is_clear())) return false;
    const auto count = static_cast<std::uint32_t>(bundle.parts.size());
    if (!connection_.outbox().put(whole, count, bundle.pictures)) return false;
    connection_.shard().counters().offered.add(count);
    connection_.flush();
    if (bundle.newest_picture) relay_.note_begun(bundle.newest_picture);
    return true;
}

void RelaySession::offer(const MessagePtr& message, Outbox::Slot slot) {
    if (connection_.closing() || is_deaf()) return;
    auto& counters = connection_.shard().counters();
    counters.offered.add();
    if (slot) {
        if (connection_.outbox().holds(*slot)) send();
        if (connection_.outbox().put_picture(*slot, message, true)) counters.drop(Drop::replaced);
    } else if (!connection_.outbox().put(message)) {
        counters.drop(Drop::queue);
        return connection_.dismiss(Refusal::queue);
    }
}

void RelaySession::send() {
    // Texts wait for the path with the picture before them: alone they would cost as much, and be there no sooner.
    if (!connection_.sending() && !connection_.outbox().empty() && !connection_.waits_for_path()) connection_.flush();
}

void RelaySession::pass_on(std::string_view payload, bool is_text) {
    const RelayKind kind = relay_kind(payload, is_text);
    note_kind(kind.what);
    const bool too_fast = kind.what == RelayKind::What::picture && !relay_.is_taken();
    relay_.pass_on(payload, is_text, kind);
    if (too_fast) pace(payload.size());
    if (kind.what != RelayKind::What::other) show(kind, payload, is_text);
}

bool RelaySession::is_deaf() const {
    return !echo_ && (is_producer_ || (!is_page_ && numbers_in_a_row_ == kMeter));
}

void RelaySession::note_kind(RelayKind::What what) {
    const bool was_deaf = is_deaf();
    if (what == RelayKind::What::picture) is_producer_ = true;
    numbers_in_a_row_ = what == RelayKind::What::numbers ? std::min(numbers_in_a_row_ + 1, kMeter) : 0;
    if (is_deaf() && !was_deaf) connection_.forget_waiting();
}

/// A producer that sends flat out would have us read pictures that nobody is sent, which takes the time
/// that the sending needs. So it waits for the quickest client, but never for long; and what it has sent meanwhile
/// shall not be old when it is read.
void RelaySession::pace(std::size_t picture_bytes) {
    if (connection_.closing()) return;
    connection_.bound_unread(std::max(kMinUnread, 2 * picture_bytes));
    connection_.set_reading(false);
    pause_.after(kPause);
}

void RelaySession::show(const RelayKind& kind, std::string_view payload, bool is_text) {
    if (kind.what == RelayKind::What::picture) {
        auto picture = relayed_picture(kind, is_text);
        if (!picture) return;
        stream_ = picture->header.stream();
        feed(stream_);
        return relay_.show(std::move(*picture));
    }
    Frame numbers = frame_of_message(payload, true);
    if (!stream_.empty()) numbers.header.set("stream", stream_);
    feed(stream_);
    relay_.show(std::move(numbers));
}

void RelaySession::feed(const std::string& stream) {
    if (feeds_.size() < kMaxFeeds && feeds_.insert(stream).second) relay_.count_feeders(stream, 1);
}

}  // namespace framepipe::serve
