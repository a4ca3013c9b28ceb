#include "pusher.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <random>

#include "frame/error.hpp"

namespace framepipe::publish {
namespace {

using std::chrono::milliseconds;

/// Frames that must all be sent and wait; the input is not read meanwhile.
constexpr std::size_t kMaxWaiting = 16;
constexpr auto kFirstPause = milliseconds(250);
constexpr auto kLongestPause = milliseconds(5000);
/// How long the last acknowledgements are waited for by who was not told to.
constexpr auto kFarewell = std::chrono::seconds(1);

/// Many who lost the same server should not all come back at the same time.
milliseconds jittered(milliseconds time) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    return milliseconds(std::uniform_int_distribution<std::int64_t>(time.count() * 3 / 4, time.count() * 5 / 4)(random));
}

/// The server does not want these frames, now or later: the codes of framepipe-web(7).
bool is_final(std::uint16_t code, bool was_taken) {
    switch (code) {
        case 1002:  // the protocol
        case 1007:  // no frame
        case 1009:  // too large
            return true;
        case 1008:  // the stream is another producer's: taken over, or still our own from before the connection broke
            return was_taken;
        default:
            return false;
    }
}

bool is_replaceable(const Frame& frame) {
    return frame.header.live() && frame.header.is_image() && !frame.header.end();
}

}  // namespace

Pusher::Pusher(HttpUrl url, PushOptions options, Say warn, Say notice, std::stop_token stop)
    : url_(std::move(url)), options_(std::move(options)), warn_(std::move(warn)), notice_(std::move(notice)), stop_(std::move(stop)) {}

bool Pusher::put(Frame frame) {
    std::unique_lock lock(mutex_);
    const auto older = !is_replaceable(frame) ? waiting_.end() : std::find_if(waiting_.begin(), waiting_.end(), [&](const Frame& one) {
        return is_replaceable(one) && one.header.stream() == frame.header.stream();
    });
    if (older != waiting_.end()) {
        ++dropped_;
        *older = std::move(frame);
    } else {
        changed_.wait(lock, stop_, [this] { return closed_ || waiting_.size() < kMaxWaiting; });
        if (closed_ || stop_.stop_requested()) return false;
        waiting_.push_back(std::move(frame));
    }
    if (client_ != nullptr) client_->wake();
    return true;
}

void Pusher::end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (client_ != nullptr) client_->wake();
    changed_.notify_all();
}

std::uint64_t Pusher::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

void Pusher::set_client(WebSocketClient* client) {
    const std::lock_guard lock(mutex_);
    client_ = client;
}

bool Pusher::next(Frame& frame) {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return false;
    frame = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    return true;
}

bool Pusher::all_sent() const {
    const std::lock_guard lock(mutex_);
    return ended_ && waiting_.empty();
}

/// What the server may not have got goes to the front again.
void Pusher::take_back() {
    const std::lock_guard lock(mutex_);
    for (; !unacknowledged_.empty(); unacknowledged_.pop_back())
        if (unacknowledged_.back().again) waiting_.push_front(std::move(*unacknowledged_.back().again));
}

void Pusher::run() {
    struct Close {
        Pusher& pusher;
        ~Close() {
            const std::lock_guard lock(pusher.mutex_);
            pusher.closed_ = true;
            pusher.changed_.notify_all();
        }
    } close{*this};
    milliseconds pause = kFirstPause;
    bool said = false;
    while (!stop_.stop_requested()) {
        try {
            acknowledged_ = 0;
            WebSocketClient client(url_, {.subprotocol = "framepipe.v1", .token = options_.token, .timeout = options_.timeout}, stop_);
            if (client.subprotocol() != "framepipe.v1") throw Error(url_.shown() + " does not take frames: it knows no framepipe.v1");
            struct Guard {
                Pusher& pusher;
                ~Guard() { pusher.set_client(nullptr); }
            } guard{*this};
            set_client(&client);
            push(client);
            return;
        } catch (const Error& error) {
            if (stop_.stop_requested()) return;
            const auto* closed = dynamic_cast<const WebSocketClosed*>(&error);
            const bool was_taken = acknowledged_ > 0;
            if (!was_connected_ || (closed != nullptr && is_final(closed->code(), was_taken)))
                throw Error(url_.shown() + ": " + error.what());
            take_back();
            if (was_taken) {
                pause = kFirstPause;
                said = false;
            }
            // Words for the first failure of a row.
            if (!said) warn_(url_.shown() + ": " + error.what() + "; it is tried again");
            said = true;
            std::unique_lock lock(mutex_);
            if (ended_ && !options_.wait) throw Error(url_.shown() + ": the last frames did not get there: " + error.what());
            changed_.wait_for(lock, stop_, jittered(pause), [] { return false; });
            pause = std::min(pause * 2, kLongestPause);
        }
    }
}

void Pusher::push(WebSocketClient& client) {
    serve::AckWindow window;
    std::optional<SteadyClock::time_point> farewell;
    bool is_new = was_connected_;
    Frame frame;
    for (;;) {
        if (window.open() && next(frame)) {
            frame.header.stamp_stage("publish", now_us());
            const std::string head = wire_head(frame.header, frame.payload.size());
            const bool again = !is_replaceable(frame);
            // Before it is sent: who breaks off in the middle of it has it to send again.
            unacknowledged_.push_back({again ? std::optional(frame) : std::nullopt});
            window.sent(SteadyClock::now());
            client.send_binary({as_bytes(head), frame.payload});
            frame = {};
        } else if (all_sent()) {
            if (unacknowledged_.empty()) break;
            if (!farewell) farewell = SteadyClock::now() + kFarewell;
            if (!options_.wait && SteadyClock::now() >= *farewell) break;
        }
        const auto now = SteadyClock::now();
        const bool can_send = window.open() && [this] {
            const std::lock_guard lock(mutex_);
            return !waiting_.empty();
        }();
        const auto until = can_send ? now : farewell && !options_.wait ? *farewell : now + std::chrono::seconds(1);
        if (const auto message = client.receive(until)) {
            handle(*message, window);
            if (acknowledged_ > 0) was_connected_ = true;
            if (is_new && acknowledged_ > 0) {
                is_new = false;
                notice_(url_.shown() + " takes frames again");
            }
        }
    }
    client.close();
}

void Pusher::handle(const WebSocketMessage& message, serve::AckWindow& window) {
    if (!message.is_text) return;
    boost::json::error_code failed;
    const auto value = boost::json::parse({message.payload.text().data(), message.payload.size()}, failed);
    if (failed || !value.is_object()) return;
    const auto* ack = value.as_object().if_contains("ack");
    if (ack == nullptr || !ack->is_int64() || ack->as_int64() < 0) return;
    const auto count = static_cast<std::uint64_t>(ack->as_int64());
    if (!window.acknowledge(count, SteadyClock::now())) throw Error("the server acknowledges more frames than were sent");
    for (; acknowledged_ < count && !unacknowledged_.empty(); ++acknowledged_) unacknowledged_.pop_front();
}

}  // namespace framepipe::publish
