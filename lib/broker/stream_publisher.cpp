#include "broker/stream_publisher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "broker/header_travel.hpp"
#include "frame/error.hpp"

namespace framepipe::broker {
namespace {

constexpr auto kSnapshotEvery = std::chrono::seconds(1);
/// How long the last acknowledgement is waited for by who was not told to.
constexpr auto kFarewell = std::chrono::seconds(1);
constexpr auto kIdle = std::chrono::seconds(1);

}  // namespace

StreamPublisher::StreamPublisher(const PublishOptions& options, const std::string& stream, const PublishWords& words,
                                 const std::stop_token& stop)
    : options_(options),
      words_(words),
      stop_(stop),
      name_(stream),
      topics_(Topics::of(options.prefix, stream)),
      queue_(stop),
      link_(queue_, options.address.shown(), words.link, options.wait, stop),
      dialer_(options.address, options.login, Will{topics_.status(), kOffline}),
      recoder_(RecodeOptions{.type = ImageType::jpeg, .encoding = {.jpeg = {.quality = options.quality}}}) {}

bool StreamPublisher::put(Frame frame) {
    return send_at_once(frame) || queue_.put(std::move(frame));
}

/// Sends a frame if there is nothing to wait for.
/// returns  false if there is: the frame is as it was
bool StreamPublisher::send_at_once(Frame& frame) {
    const std::unique_lock turn(turn_, std::try_to_lock);
    // Pixels are encoded by the other thread: newer ones may come meanwhile.
    if (!turn || resting_ == nullptr || !queue_.empty() || frame.header.is_raw() || stop_.stop_requested()) return false;
    Connection& connection = *resting_;
    try {
        in_hand_.reset();
        send(connection, std::move(frame));
        if (connection.unfinished() == 0) return true;
    } catch (...) {
        failure_ = std::current_exception();
    }
    resting_ = nullptr;
    connection.wake();
    return true;
}

void StreamPublisher::run() {
    link_.run([this] {
        try {
            session();
        } catch (const Error& error) {
            if (in_hand_) queue_.put_back(std::move(*in_hand_));
            in_hand_.reset();
            // mosquitto says by a code that is none of an acknowledgement's that the snapshot is too large. What
            // comes on later connections answers nothing of this one.
            const auto unanswered = std::exchange(unanswered_, std::nullopt);
            if (unanswered && dynamic_cast<const ProtocolError*>(&error) != nullptr)
                learn_limit(*unanswered);
            else if (!stop_.stop_requested() && limit_.ended(SteadyClock::now()))
                leave_out(over_limit());
            throw;
        }
    });
}

void StreamPublisher::session() {
    const auto connection = dialer_.connect([this](const Message& message) { heard(message); }, stop_);
    struct Guard {
        FrameQueue& queue;
        ~Guard() { queue.set_wake({}); }
    } guard{queue_};
    queue_.set_wake([&connection] { connection->wake(); });
    if (connection->has_properties())
        keeper_.reset();
    else if (!keeper_)
        keeper_.emplace(options_.address, options_.login);
    try {
        greet(*connection);
        push(*connection);
        finish(*connection);
    } catch (const Error&) {
        if (stop_.stop_requested()) take_leave(*connection);
        throw;
    }
}

/// Says what is retained: the broker may be another one than before, or have forgotten.
void StreamPublisher::greet(Connection& connection) {
    contradicted_ = false;
    connection.try_subscribe(topics_.status());
    say_status_again(connection);
    wait_acknowledged(connection);
    link_.works();
    if (options_.home_assistant) {
        const auto discovery = home_assistant(*options_.home_assistant, topics_, name_);
        keep(connection, discovery.topic, Bytes::from(discovery.payload));
    }
    if (!info_.empty()) send_info(connection);
    if (last_) send_snapshot(connection);
}

void StreamPublisher::push(Connection& connection) {
    std::unique_lock turn(turn_);
    for (;;) {
        if (contradicted_ && online_) say_status_again(connection);
        contradicted_ = false;
        if (connection.unfinished() == 0) {
            in_hand_.reset();
            if (auto frame = queue_.take()) {
                send(connection, std::move(*frame));
            } else if (queue_.ended()) {
                return;
            }
        }
        const auto now = SteadyClock::now();
        const bool snapshot_waits = last_ && !last_is_snapshot_;
        if (snapshot_waits && !unanswered_ && now >= snapshot_at_ + kSnapshotEvery && connection.unfinished() == 0) {
            send_snapshot(connection);
            continue;
        }
        if (connection.unfinished() > 0) {
            connection.wait(now + kIdle);
        } else if (queue_.empty() && !queue_.ended()) {
            // A picture that is sent meanwhile may have to wait for its snapshot until then.
            const auto due = snapshot_at_ + kSnapshotEvery;
            rest(connection, due > now ? due : now + kIdle, turn);
        }
    }
}

/// Waits for the next frame, and lets who has one send it.
void StreamPublisher::rest(Connection& connection, SteadyClock::time_point until, std::unique_lock<std::mutex>& turn) {
    resting_ = &connection;
    failure_ = nullptr;
    try {
        connection.wait(until, turn);
    } catch (const Error&) {
        if (!failure_) failure_ = std::current_exception();
    }
    resting_ = nullptr;
    if (failure_) std::rethrow_exception(failure_);
}

/// The last picture stays behind as the snapshot, and the broker's word for the status is one for all before it.
void StreamPublisher::finish(Connection& connection) {
    if (keeper_) {
        for (const auto& [topic, payload] : keeper_->end()) connection.publish({.topic = topic, .payload = payload, .retain = true});
        keeper_.reset();
    }
    if (last_ && !last_is_snapshot_) send_snapshot(connection);
    say_status(connection, false, true);
    wait_acknowledged(connection);
    connection.close();
}

void StreamPublisher::wait_acknowledged(Connection& connection) {
    const auto until = SteadyClock::now() + kFarewell;
    while (connection.unacknowledged() > 0 && (options_.wait || SteadyClock::now() < until))
        connection.wait(options_.wait ? SteadyClock::now() + kIdle : until);
}

/// Told to stop, all that counts is that nobody waits for us.
void StreamPublisher::take_leave(Connection& connection) {
    keeper_.reset();
    try {
        connection.publish({.topic = topics_.status(), .payload = as_bytes(kOffline), .retain = true});
        connection.close();
    } catch (const Error&) {  // the will says the same
    }
}

void StreamPublisher::heard(const Message& message) {
    // What was there before is of the past; a will that comes now is that of a connection of ours that had broken.
    if (message.topic == topics_.status() && !message.retained)
        contradicted_ = std::string_view(reinterpret_cast<const char*>(message.payload.data()), message.payload.size()) != kOnline;
}

/// By MQTT 5 the acknowledgement says whether we may publish. By 3.1.1 it says nothing, and nats-server, which
/// stores what it is to acknowledge, takes no frames of ours while its cluster cannot.
void StreamPublisher::say_status(Connection& connection, bool online, bool acknowledged) {
    online_ = online;
    connection.publish({.topic = topics_.status(),
                        .payload = as_bytes(online ? kOnline : kOffline),
                        .retain = true,
                        .acknowledged = acknowledged || connection.has_properties()});
}

/// On a new connection, or when somebody denies it: no frame before it means anything else.
void StreamPublisher::say_status_again(Connection& connection) {
    if (!keeper_) return say_status(connection, online_);
    keeper_->put(topics_.status(), Bytes::copy_of(std::string_view(online_ ? kOnline : kOffline)));
}

/// What the broker is to keep, and needs no place among the frames.
void StreamPublisher::keep(Connection& connection, const std::string& topic, Bytes payload) {
    if (keeper_) return keeper_->put(topic, std::move(payload));
    connection.publish({.topic = topic, .payload = payload, .retain = true});
}

void StreamPublisher::send(Connection& connection, Frame frame) {
    if (frame.header.end()) return say_status(connection, false);
    if (!online_) say_status(connection, true);
    if (!may_be_dropped(frame)) in_hand_ = frame;
    frame.header.stamp_stage("publish", now_us());
    if (frame.header.is_image()) return send_picture(connection, std::move(frame));
    const std::string& type = frame.header.type();
    const bool is_json = type == "application/json";
    if (!is_json && !type.starts_with("text/")) return leave_out(fmt::format("frames of type {} have no topic", type));
    auto properties = to_properties(frame.header).value_or(Properties{});
    if (!connection.publish({is_json ? topics_.json() : topics_.text(), frame.payload, false, false, type, std::move(properties)}))
        leave_out("a frame is larger than the broker takes");
}

/// nullopt: its pixels cannot be encoded.
std::optional<Frame> StreamPublisher::encoded(Frame frame) {
    if (!frame.header.is_raw()) return frame;
    Recoded made = recoder_(std::move(frame));
    if (made.outcome != Recoded::Outcome::bad) return std::move(made.frame);
    leave_out(made.why);
    return std::nullopt;
}

void StreamPublisher::send_picture(Connection& connection, Frame frame) {
    // Here and not before: only what is sent is worth it.
    auto picture = encoded(std::move(frame));
    if (!picture) return;
    const std::uint64_t size = picture->payload.size();
    const auto most = connection.max_packet();
    if (most && size > *most) return leave_out(fmt::format("a frame is over the broker's limit of {} bytes a packet", *most));
    if (!limit_.allows(size)) return leave_out(over_limit());
    const std::string meta = to_meta(picture->header, picture->payload);
    auto properties = connection.has_properties() ? to_properties(picture->header) : std::nullopt;
    Outgoing message{.topic = topics_.frame(), .payload = picture->payload};
    if (properties) {
        message.content_type = picture->header.type();
        message.properties = std::move(*properties);
    }
    const auto now = SteadyClock::now();
    limit_.sent(size, now);
    // Alone, the header would wake the broker and its clients once more.
    connection.hold_back(true);
    connection.publish({.topic = topics_.meta(), .payload = as_bytes(meta)});
    const bool is_sent = connection.publish(message);
    connection.hold_back(false);
    if (!is_sent) return leave_out("a frame is larger than the broker takes");
    if (info_.note(picture->header, now)) send_info(connection);
    last_ = std::move(picture);
    last_is_snapshot_ = false;
    if (!unanswered_ && now >= snapshot_at_ + kSnapshotEvery) send_snapshot(connection);
}

void StreamPublisher::send_snapshot(Connection& connection) {
    // It would end each connection anew, and take the frames with it that are on their way then.
    if (!limit_.allows(last_->payload.size())) return last_.reset();
    if (auto properties = connection.has_properties() ? to_properties(last_->header) : std::nullopt) {
        connection.publish({.topic = topics_.snapshot(),
                            .payload = last_->payload,
                            .retain = true,
                            .acknowledged = true,
                            .content_type = last_->header.type(),
                            .properties = std::move(*properties),
                            .answered = [this](const auto& refusal) { snapshot_answered(refusal); }});
        unanswered_ = last_->payload.size();
    } else {
        keep(connection, topics_.snapshot(), last_->payload);
    }
    last_is_snapshot_ = true;
    snapshot_at_ = SteadyClock::now();
}

/// Frames are not acknowledged, but the snapshot is, and what holds for it holds for them.
void StreamPublisher::learn_limit(std::uint64_t size) {
    limit_.refused(size);
    leave_out(over_limit());
}

void StreamPublisher::snapshot_answered(const std::optional<Refusal>& refusal) {
    const auto size = std::exchange(unanswered_, std::nullopt);
    if (!refusal) return;
    if (refusal->too_large && size)
        learn_limit(*size);
    else
        leave_out("the broker does not take snapshots: " + refusal->reason);
}

std::string StreamPublisher::over_limit() const {
    return fmt::format("the broker does not take frames of {} bytes, and they and larger ones are not sent", *limit_.limit());
}

void StreamPublisher::send_info(Connection& connection) {
    keep(connection, topics_.info(), Bytes::from(info_.text()));
}

}  // namespace framepipe::broker
