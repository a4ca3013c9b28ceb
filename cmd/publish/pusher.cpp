#include "pusher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "frame/error.hpp"

namespace framepipe::publish {
namespace {

/// How long the last acknowledgements are waited for by who was not told to.
constexpr auto kFarewell = std::chrono::seconds(1);

/// The server does not want these frames, now or later: the codes of framepipe-web(7).
bool is_final(std::uint16_t code, bool was_taken) {
    switch (code) {
        case 1002:  // the protocol
        case 1003:  // no frames here
        case 1007:  // no frame
        case 1009:  // too large
            return true;
        case 1008:  // the stream is another producer's: taken over, or still our own from before the connection broke
            return was_taken;
        default:
            return false;
    }
}

/// Where the server of this address takes frames.
HttpUrl beside(HttpUrl url) {
    const auto path_end = std::min(url.target.find('?'), url.target.size());
    url.target.replace(url.target.rfind('/', path_end), std::string::npos, "/publish");
    return url;
}

}  // namespace

Pusher::Pusher(HttpUrl url, PushOptions options, LinkWords words, std::stop_token stop)
    : url_(std::move(url)),
      options_(std::move(options)),
      stop_(stop),
      queue_(stop),
      link_(queue_, url_.shown(), std::move(words), options_.wait, stop) {}

/// What the server may not have got goes to the front again.
void Pusher::take_back() {
    for (; !unacknowledged_.empty(); unacknowledged_.pop_back())
        if (unacknowledged_.back().again) queue_.put_back(std::move(*unacknowledged_.back().again));
}

void Pusher::run() {
    link_.run([this] {
        try {
            session();
        } catch (const WebSocketClosed& closed) {
            take_back();
            if (is_final(closed.code(), link_.worked())) throw FinalError(closed.what());
            throw;
        } catch (const Error&) {
            take_back();
            throw;
        }
    });
}

void Pusher::session() {
    acknowledged_ = 0;
    WebSocketClient client(url_, {.subprotocol = "framepipe.v1", .token = options_.token, .timeout = options_.timeout}, stop_);
    if (client.subprotocol() != "framepipe.v1") throw Error(url_.shown() + " does not take frames: it knows no framepipe.v1");
    struct Guard {
        FrameQueue& queue;
        ~Guard() { queue.set_wake({}); }
    } guard{queue_};
    queue_.set_wake([&client] { client.wake(); });
    push(client);
}

void Pusher::push(WebSocketClient& client) {
    serve::AckWindow window;
    std::optional<SteadyClock::time_point> farewell;
    for (;;) {
        if (auto next = window.open() ? queue_.take() : std::nullopt) {
            Frame& frame = *next;
            frame.header.stamp_stage("publish", now_us());
            const std::string head = wire_head(frame.header, frame.payload.size());
            const bool again = !may_be_dropped(frame);
            // Before it is sent: who breaks off in the middle of it has it to send again.
            unacknowledged_.push_back({again ? std::optional(frame) : std::nullopt});
            window.sent(SteadyClock::now());
            try {
                client.send_binary({as_bytes(head), frame.payload});
            } catch (const Error&) {
                // Who takes no frames may have said so before.
                if (const auto message = client.receive(SteadyClock::now())) handle(*message, window);
                throw;
            }
        } else if (queue_.ended() && queue_.empty()) {
            if (unacknowledged_.empty()) break;
            if (!farewell) farewell = SteadyClock::now() + kFarewell;
            if (!options_.wait && SteadyClock::now() >= *farewell) break;
        }
        const auto now = SteadyClock::now();
        const bool can_send = window.open() && !queue_.empty();
        const auto until = can_send ? now : farewell && !options_.wait ? *farewell : now + std::chrono::seconds(1);
        if (const auto message = client.receive(until)) {
            handle(*message, window);
            if (acknowledged_ > 0) link_.works();
        }
    }
    client.close();
}

void Pusher::handle(const WebSocketMessage& message, serve::AckWindow& window) {
    if (!message.is_text) return;
    boost::json::error_code failed;
    const auto value = boost::json::parse({message.payload.text().data(), message.payload.size()}, failed);
    if (failed || !value.is_object()) return;
    // It tells its viewers about itself.
    if (value.as_object().contains("server"))
        throw FinalError(fmt::format("{} is for viewers and takes no frames; try: publish {}", url_.shown(), beside(url_).shown()));
    const auto* ack = value.as_object().if_contains("ack");
    if (ack == nullptr || !ack->is_int64() || ack->as_int64() < 0) return;
    const auto count = static_cast<std::uint64_t>(ack->as_int64());
    if (!window.acknowledge(count, SteadyClock::now())) throw Error("the server acknowledges more frames than were sent");
    for (; acknowledged_ < count && !unacknowledged_.empty(); ++acknowledged_) unacknowledged_.pop_front();
}

}  // namespace framepipe::publish
