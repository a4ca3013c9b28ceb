// Streams as a broker has them, over all connections to it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "broker/dialer.hpp"
#include "broker/incoming.hpp"
#include "broker/topics.hpp"
#include "frame/clock.hpp"
#include "frame/staleness.hpp"

namespace framepipe::broker {

struct SubscribeOptions {
    Address address;
    Place place;
    Login login;
    std::uint64_t max_frame = kDefaultMaxFrame;
    std::function<void(const std::string& why)> left_out;  // see Incoming
    std::function<void(const std::string& words)> notice;  // what the user must know though all is well
};

/// What is known of the streams stays when the connection breaks. One thread at a time.
class Streams {
public:
    explicit Streams(SubscribeOptions options);

    /// Connects and subscribes, anew if need be.
    /// throws NotThereError if no broker is there now; Error if one does not answer or let us subscribe
    void open(const std::stop_token& stop);
    void close();

    /// Waits for the next frame, but not longer than `until`: then nullopt. Of live pictures that can be read at
    /// once, as after a stall, only the newest of each stream is given.
    /// throws Error if the connection is gone
    std::optional<Frame> next_until(SteadyClock::time_point until);

private:
    void subscribe(const std::stop_token& stop);
    void heard(const Message& message);
    Incoming& stream(const std::string& name);
    void put(Frame frame);
    void look_at_headers(bool with_picture);
    void look_at_time(SteadyClock::time_point now);
    bool may_be_old(const Frame& frame) const;
    void drain();
    bool is_held(SteadyClock::time_point now);

    const SubscribeOptions options_;
    const Topics topics_;
    Dialer dialer_;
    std::map<std::string, Incoming> streams_;
    Staleness staleness_;
    bool said_waiting_ = false;

    // Of this connection.
    std::unique_ptr<Connection> connection_;
    std::deque<Frame> ready_;
    std::uint64_t messages_ = 0;  // that have come
    SteadyClock::time_point opened_{};
    SteadyClock::time_point came_{};                     // when the last message did
    std::optional<SteadyClock::time_point> held_since_;  // since when nothing fresh has come
    bool wants_snapshots_ = false;
    /// Whether headers come as messages of their own, too: needed where pictures come without them.
    enum class Metas { not_known, needed, not_needed } metas_ = Metas::not_known;
};

}  // namespace framepipe::broker
