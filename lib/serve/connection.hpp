// One TCP connection: bytes in go to its protocol, messages out come from its outbox.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "frame/clock.hpp"
#include "serve/event_loop.hpp"
#include "serve/limits.hpp"
#include "serve/metrics.hpp"
#include "serve/outbox.hpp"
#include "serve/tls.hpp"

namespace framepipe::serve {

class Connection;
class Shard;

/// What is spoken over a connection: HTTP, then perhaps WebSocket or an MJPEG stream.
class Protocol {
public:
    virtual ~Protocol() = default;
    virtual void on_bytes(std::string_view bytes) = 0;
    /// The peer sends no more.
    virtual void on_end() = 0;
    /// Before all else: the peer asks without TLS where that is spoken. What is said now goes without it too.
    virtual void on_plain_request() {}
    /// May a picture of this slot be begun? If not, flush() must be called when it may.
    virtual bool may_begin(std::uint32_t /*slot*/) { return true; }
    /// A message with a live frame in it is begun, has been handed to the kernel whole.
    virtual void on_begun(const Outbox::Entry& /*entry*/) {}
    virtual void on_sent(Outbox::Slot /*slot*/) {}
    /// All that waited has been handed over.
    virtual void on_drained() {}
    /// About once a second.
    virtual void on_tick() {}
    virtual void on_streams_changed() {}
    /// The server lets the connection go: say so in the protocol's own words, then finish().
    virtual void on_dismissed(Refusal reason) = 0;
    /// The server ends: as above.
    virtual void on_stop() = 0;
};

/// Lives in one shard's thread.
class Connection final : public Pollable {
public:
    /// Takes over a non-blocking socket.
    /// tls  through which it is spoken; null: as it is
    Connection(Shard& shard, Descriptor socket, Limits::Seat seat, std::unique_ptr<TlsStream> tls);
    ~Connection() override;

    void on_ready(std::uint32_t events) override;

    Shard& shard() { return shard_; }
    const Limits::Seat& seat() const { return seat_; }
    const Peer& peer() const { return seat_.peer(); }
    Outbox& outbox() { return outbox_; }
    /// Forgets what waits, and counts the frames among it as not sent.
    void forget_waiting();
    /// Sends what the socket takes now; the rest follows by itself.
    void flush();
    /// True if something waits for the socket.
    bool sending() const { return current_.message != nullptr; }
    /// Ends the connection when all that waits has been sent.
    void finish();
    /// Ends it now.
    void close();
    bool closing() const { return finishing_ || closed_; }
    /// True if the next picture may be begun. If not, flush() comes by itself when it may.
    bool path_is_clear();
    /// True if it was not clear when that was last asked, and it is not yet time to look again.
    bool waits_for_path() const { return retry_.armed(); }
    /// Whether bytes are read from the socket: not while the protocol has no room for more.
    bool reading() const { return reading_; }
    void set_reading(bool reading) { reading_ = reading; }
    /// Reads what came meanwhile, when the events at hand are done.
    void receive_soon() { resume_.after(std::chrono::nanoseconds(0)); }
    /// Lets no more bytes than about so many wait to be read, if more do. Who sends more is held up by its own
    /// network layer; what it has sent is newer when it is read.
    void bound_unread(std::size_t bytes);
    /// When bytes last came in, or last went out although they had to wait: the peer lives.
    SteadyClock::time_point last_sign_of_life() const { return life_; }

    /// Speaks another protocol from here on. The old one lives until the events at hand are done.
    void speak(std::unique_ptr<Protocol> protocol);
    Protocol* protocol() { return protocol_.get(); }

    /// Does what concerns this connection alone. If it fails in a way that nobody reckons with, the connection is
    /// closed, and no other viewer hears of it.
    template <typename Action>
    void attempt(Action action) {
        try {
            action();
        } catch (const std::exception& error) {
            fail(error.what());
        }
    }

    void tick();
    void stop();
    /// The server lets the connection go.
    void dismiss(Refusal reason);
    /// Counts the reason why the peer is let go, and says it the first time.
    /// code  with which its WebSocket is closed, if the reason has several
    void let_go(Refusal reason, std::string_view words, std::uint16_t code = 0);
    /// The oldest live frame that is kept in memory for it; 0: none.
    std::uint64_t oldest_frame() const;

private:
    void handle(std::uint32_t events);
    void fail(const char* words);
    void receive();
    void send_waiting();
    void count_sent();
    ssize_t receive_some(std::span<char> buffer);
    void linger();

    Shard& shard_;
    Descriptor socket_;
    std::unique_ptr<TlsStream> tls_;
    const Limits::Seat seat_;
    std::unique_ptr<Protocol> protocol_;
    std::unique_ptr<Protocol> retired_;
    Outbox outbox_;
    Outbox::Entry current_;   // being sent
    std::size_t offset_ = 0;  // of it
    bool reading_ = true;
    bool blocked_ = false;  // the socket takes no more for now
    bool finishing_ = false;
    bool lingering_ = false;
    bool closed_ = false;
    std::uint64_t unchecked_ = 0;  // bytes sent since the path was last looked at, and what waited then
    int found_empty_ = 0;          // how often in a row it was
    std::size_t discarded_ = 0;    // bytes read while lingering
    SteadyClock::time_point progress_;
    SteadyClock::time_point life_;
    Timer retry_;
    Timer resume_;
};

}  // namespace framepipe::serve
