#include "serve/shard.hpp"

#include <time.h>

#include <algorithm>

#include "cli/log.hpp"
#include "frame/error.hpp"
#include "serve/http_session.hpp"
#include "serve/prefetch.hpp"
#include "serve/socket.hpp"

namespace framepipe::serve {

namespace {

// Below these, sending from memory costs less than filling pages first.
constexpr std::size_t kMinPagesSize = 16 << 10;
constexpr std::size_t kMinPagesViewers = 10;
/// Each viewer that is behind may keep a large page or two from being given back.
constexpr std::size_t kMostBehind = 16;
/// A large page is got when the picture before it has arrived: clearing its 2 MiB would take a core from those who read.
constexpr auto kPrepareAfter = std::chrono::milliseconds(5);

bool is_for_pages(const Message& message, std::size_t viewers) {
    return viewers >= kMinPagesViewers && message.size() >= kMinPagesSize;
}

/// The processor time that the calling thread has had.
std::chrono::nanoseconds thread_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Subscription::Subscription(Shard& shard, std::string stream, Form form) : shard_(shard), stream_(std::move(stream)), form_(form) {
    joined_ = shard_.subscribe(*this);
}

Subscription::~Subscription() {
    shard_.unsubscribe(*this);
}

void Subscription::set_wanting(bool wanting) {
    if (wanting == wanting_) return;
    wanting_ = wanting;
    shard_.hub().add_demand(stream_, wanting ? 1 : -1);
}

WatchAll::WatchAll(Shard& shard, bool wanting) : shard_(shard) {
    shard_.hub().watch_all(shard_.sink_, 1);
    set_wanting(wanting);
}

void WatchAll::set_wanting(bool wanting) {
    if (wanting == demand_.has_value()) return;
    if (wanting)
        demand_.emplace(shard_.hub());
    else
        demand_.reset();
}

WatchAll::~WatchAll() {
    shard_.hub().watch_all(shard_.sink_, -1);
}

Shard::Shard(Context& context)
    : context_(context),
      sink_(context.hub.add_sink(*this)),
      read_buffer_(64 << 10),
      ticker_(loop_, [this] { tick(); }),
      deadline_(loop_, [this] { loop_.stop(); }),
      preparer_(loop_, [this] { page_store_.prepare(); }) {
    context_.counters.push_back(&counters_);
}

Shard::~Shard() = default;

void Shard::run() {
    ticker_.after(std::chrono::seconds(1));
    loop_.run();
    for_each_connection([](Connection& connection) { connection.close(); });
    loop_.destroy_buried();
}

template <typename Action>
void Shard::for_each_connection(Action action) {
    std::vector<Connection*> all;
    all.reserve(connections_.size());
    for (const auto& [key, connection] : connections_) all.push_back(key);
    for (Connection* connection : all)
        if (connections_.contains(connection)) connection->attempt([&] { action(*connection); });
}

void Shard::tick() {
    const auto now = loop_.now();
    const auto busy = thread_time();
    if (ticked_ != SteadyClock::time_point()) load_ = std::chrono::duration<double>(busy - busy_) / (now - ticked_);
    busy_ = busy;
    ticked_ = now;
    std::size_t behind = 0;
    for_each_connection([&](Connection& connection) {
        behind += connection.sending() || connection.waits_for_path() ? 1 : 0;
        connection.tick();
    });
    behind_ = behind;
    ticker_.after(std::chrono::seconds(1));
}

void Shard::stop(std::chrono::milliseconds patience) {
    loop_.post([this, patience] {
        if (stopping_) return;
        stopping_ = true;
        for_each_connection([](Connection& connection) { connection.stop(); });
        deadline_.after(patience);
        if (connections_.empty()) loop_.stop();
    });
}

void Shard::adopt(Descriptor socket, Limits::Seat seat) {
    ++count_;
    // std::function copies, these do not.
    auto held = std::make_shared<std::pair<Descriptor, Limits::Seat>>(std::move(socket), std::move(seat));
    loop_.post([this, held] {
        if (stopping_) {
            --count_;
            return;
        }
        set_up_viewer_socket(held->first.get());
        try {
            // By a Unix socket comes a proxy, which has spoken TLS already.
            const bool is_secret = context_.tls && !held->second.peer().by_unix_socket;
            auto tls = is_secret ? context_.tls->open(held->first.get()) : nullptr;
            auto connection = std::make_unique<Connection>(*this, std::move(held->first), std::move(held->second), std::move(tls));
            Connection* key = connection.get();
            connections_.emplace(key, std::move(connection));
            key->speak(std::make_unique<HttpSession>(*key));
        } catch (const Error& error) {
            --count_;
            log::warn_once("adopt", error.what());
            return;
        }
        counters_.connections.add();
        ++hub().metrics().open_connections;
    });
}

void Shard::remove(Connection& connection) {
    const auto found = connections_.find(&connection);
    loop_.bury(std::move(found->second));
    connections_.erase(found);
    --count_;
    --hub().metrics().open_connections;
    if (stopping_ && connections_.empty()) loop_.stop();
}

void Shard::deliver(FramePtr frame) {
    loop_.post([this, frame = std::move(frame)] { hand_out(frame); });
}

MessagePtr Shard::message(const FramePtr& frame, Form form) {
    if (frame->id() != handing_out_) return frame->message(form);
    MessagePtr& ours = messages_[form.index()];
    if (ours) return ours;
    ours = frame->message(form);
    const auto& all = listeners_.find(frame->stream())->second.all;
    const auto viewers =
        std::count_if(all.begin(), all.end(), [&](const Subscription* s) { return s && s->form().index() == form.index(); });
    if (!ours) return ours;
    ours = share(std::move(ours), static_cast<std::size_t>(viewers));
    return ours;
}

MessagePtr Shard::share(MessagePtr message, std::size_t viewers) {
    if (viewers < 2) return message;
    if (is_for_pages(*message, viewers) && page_pipe_.open()) {
        Pages pages = behind_ <= kMostBehind ? page_store_.large(message->size()) : PageStore::small(message->size());
        if (page_store_.is_used_up() && !preparer_.armed()) preparer_.after(kPrepareAfter);
        return std::make_shared<Message>(std::move(message), std::move(pages), page_pipe_, hub().metrics().live_bytes);
    }
    // A count of our own: all shards counting on one would hold each other up.
    return MessagePtr(message.get(), [kept = message](const Message*) {});
}

void Shard::hand_out(const FramePtr& frame) {
    const auto found = listeners_.find(frame->stream());
    if (found == listeners_.end()) return;
    Listeners& listeners = found->second;
    listeners.delivering = true;
    handing_out_ = frame->id();
    const auto listener = [&](std::size_t i) { return i < listeners.all.size() ? listeners.all[i] : nullptr; };
    for (std::size_t i = 0; i < listeners.all.size(); ++i) {
        if (const Subscription* next = listener(i + 1)) next->expect_frame();
        if (const Subscription* later = listener(i + 2)) prefetch(*later);
        if (listeners.all[i]) listeners.all[i]->on_frame(frame);
    }
    listeners.delivering = false;
    handing_out_ = 0;
    messages_.fill(nullptr);
    std::erase(listeners.all, nullptr);
    if (listeners.all.empty()) listeners_.erase(found);
}

void Shard::streams_changed() {
    loop_.post([this] {
        for_each_connection([](Connection& connection) {
            if (!connection.closing()) connection.protocol()->on_streams_changed();
        });
    });
}

void Shard::shed(std::uint64_t frame_id) {
    loop_.post([this, frame_id] {
        for_each_connection([&](Connection& connection) {
            const std::uint64_t oldest = connection.oldest_frame();
            if (!oldest || oldest > frame_id) return;
            connection.dismiss(Refusal::memory);
            connection.close();  // a farewell behind the picture would keep the picture
        });
    });
}

Hub::Joined Shard::subscribe(Subscription& subscription) {
    Hub::Joined joined = hub().join(sink_, subscription.stream(), subscription.form());
    listeners_[subscription.stream()].all.push_back(&subscription);
    return joined;
}

void Shard::unsubscribe(Subscription& subscription) {
    hub().leave(sink_, subscription.stream(), subscription.form(), subscription.wanting());
    const auto found = listeners_.find(subscription.stream());
    Listeners& listeners = found->second;
    if (listeners.delivering) {
        std::replace(listeners.all.begin(), listeners.all.end(), &subscription, static_cast<Subscription*>(nullptr));
        return;
    }
    std::erase(listeners.all, &subscription);
    if (listeners.all.empty()) listeners_.erase(found);
}

}  // namespace framepipe::serve
