#include "broker/subscription.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "frame/error.hpp"
#include "net/frame_queue.hpp"
#include "net/not_there.hpp"

namespace framepipe::broker {
namespace {

using std::chrono::milliseconds;

/// What a broker has retained it sends at once; snapshots that come later are of pictures that came.
constexpr auto kRetained = std::chrono::seconds(3);
/// How long what can be read is looked through for newer pictures before one is given.
constexpr auto kDrain = milliseconds(20);
/// Less than from one picture to the next, in microseconds.
constexpr std::int64_t kLate = 3000;
/// A stale picture waits for the next message so long, and in all so long for a fresh one.
constexpr auto kHold = milliseconds(50);
constexpr auto kLongestHold = milliseconds(2000);
/// Streams whose names others choose.
constexpr std::size_t kMostStreams = 1024;

}  // namespace

Streams::Streams(SubscribeOptions options)
    : options_(std::move(options)),
      topics_(options_.place.all ? Topics::of_all(options_.place.prefix) : Topics::of(options_.place.prefix, options_.place.stream)),
      dialer_(options_.address, options_.login) {}

void Streams::open(const std::stop_token& stop) {
    try {
        subscribe(stop);
    } catch (const NotThereError& error) {
        throw NotThereError(fmt::format("{}: {}", options_.address.shown(), error.what()));
    } catch (const Error& error) {
        throw Error(fmt::format("{}: {}", options_.address.shown(), error.what()));
    }
}

void Streams::subscribe(const std::stop_token& stop) {
    close();
    connection_ = dialer_.connect([this](const Message& message) { heard(message); }, stop);
    // Whether a stream is there is known before its pictures come.
    connection_->subscribe({topics_.status(), topics_.meta(), topics_.frame(), topics_.text(), topics_.json(), topics_.snapshot()});
    wants_snapshots_ = true;
    metas_ = Metas::not_known;
    opened_ = SteadyClock::now();
}

void Streams::close() {
    if (connection_) connection_->close();
    connection_.reset();
    ready_.clear();
    held_since_.reset();
}

Incoming& Streams::stream(const std::string& name) {
    return streams_.try_emplace(name, name, options_.max_frame, options_.left_out).first->second;
}

void Streams::heard(const Message& message) {
    ++messages_;
    came_ = SteadyClock::now();
    const auto parts = parts_of(message.topic, options_.place.prefix);
    if (!parts) return;
    if (streams_.size() >= kMostStreams && !streams_.contains(parts->stream))
        return options_.left_out(fmt::format("frames of more than {} streams", kMostStreams));
    Incoming& from = stream(parts->stream);
    std::optional<Frame> frame;
    if (parts->kind == "frame") {
        look_at_headers(!message.content_type.empty());
        frame = from.picture(message, came_);
    } else if (parts->kind == "meta") {
        from.meta(message);
    } else if (parts->kind == "snapshot") {
        frame = from.snapshot(message, came_);
    } else if (parts->kind == "status") {
        frame = from.status(message);
    } else if (parts->kind == "text") {
        frame = from.words(message, "text/plain");
    } else if (parts->kind == "json") {
        frame = from.words(message, "application/json");
    }
    if (frame) put(std::move(*frame));
}

void Streams::put(Frame frame) {
    const auto older = !may_be_dropped(frame) ? ready_.end() : std::find_if(ready_.begin(), ready_.end(), [&](const Frame& one) {
        return may_be_dropped(one) && one.header.stream() == frame.header.stream();
    });
    if (older != ready_.end())
        *older = std::move(frame);
    else
        ready_.push_back(std::move(frame));
}

/// True if a newer one may wait behind it. One that comes as soon as any did is not worth a look.
bool Streams::may_be_old(const Frame& frame) const {
    return may_be_dropped(frame) && staleness_.lateness_us(frame.header, now_us()).value_or(kLate) >= kLate;
}

/// Takes in what has come already.
void Streams::drain() {
    const auto end = SteadyClock::now() + kDrain;
    for (std::uint64_t before = messages_ - 1; messages_ != before && SteadyClock::now() < end;) {
        before = messages_;
        connection_->wait(SteadyClock::now());
    }
}

/// True while newer pictures than the next one are to be expected: the broker has kept a row of them for us.
bool Streams::is_held(SteadyClock::time_point now) {
    const Header& header = ready_.front().header;
    if (!may_be_dropped(ready_.front()) || !staleness_.is_stale(header, now_us())) {
        held_since_.reset();
        return false;
    }
    if (!held_since_) held_since_ = now;
    if (now - *held_since_ < kLongestHold) return now - came_ < kHold;
    // It has been as late for long: that is how late it is now.
    staleness_.forget(header.stream());
    held_since_.reset();
    return false;
}

/// Pictures that bring their headers need no other message, which would wake us as often as they do.
void Streams::look_at_headers(bool with_picture) {
    if (metas_ == Metas::needed || (with_picture && metas_ == Metas::not_needed)) return;
    if (with_picture) {
        connection_->unsubscribe({topics_.meta()});
        for (auto& [name, one] : streams_) one.forget_metas();
        metas_ = Metas::not_needed;
        return;
    }
    // This one's header is lost, but not that of the next.
    if (metas_ == Metas::not_needed) connection_->try_subscribe(topics_.meta());
    metas_ = Metas::needed;
}

void Streams::look_at_time(SteadyClock::time_point now) {
    if (!wants_snapshots_ || now - opened_ < kRetained) return;
    connection_->unsubscribe({topics_.snapshot()});
    wants_snapshots_ = false;
    const auto is_any = [this](auto what) { return std::any_of(streams_.begin(), streams_.end(), what); };
    const bool known = is_any([](const auto& one) { return one.second.known(); });
    const bool online = is_any([](const auto& one) { return one.second.known() && !one.second.offline(); });
    if (online || std::exchange(said_waiting_, true)) return;
    const auto& place = options_.place;
    const std::string what = known ? (place.all ? "all streams are offline" : "the stream " + place.stream + " is offline")
                                   : "there is no stream " + (place.all ? "at all" : place.stream) + " yet";
    options_.notice(fmt::format("{}: {}; waiting for {}", options_.address.shown(), what, known && place.all ? "one" : "it"));
}

std::optional<Frame> Streams::next_until(SteadyClock::time_point until) {
    for (;;) {
        if (!ready_.empty() && may_be_old(ready_.front())) drain();
        const auto now = SteadyClock::now();
        look_at_time(now);
        if (!ready_.empty() && !is_held(now)) {
            Frame frame = std::move(ready_.front());
            ready_.pop_front();
            staleness_.note(frame.header, now_us());
            return frame;
        }
        if (now >= until) return std::nullopt;
        connection_->wait(ready_.empty() ? until : std::min(until, came_ + kHold));
    }
}

}  // namespace framepipe::broker
