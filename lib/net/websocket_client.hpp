// A WebSocket of another server (RFC 6455), the client's side.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "frame/bytes.hpp"
#include "frame/clock.hpp"
#include "frame/error.hpp"
#include "frame/frame.hpp"
#include "net/url.hpp"

namespace framepipe {

struct WebSocketClientOptions {
    /// Asked for in the handshake; empty: none.
    std::string subprotocol = {};
    /// Sent as `Authorization: Bearer`; empty: what the address has before its host, if anything.
    std::string token = {};
    /// The longest message taken. A longer one ends the connection before memory is taken for it.
    std::uint64_t max_message = kDefaultMaxFrame;
    /// How long connecting may take, how long the server may take no byte of what is sent, and how long it may
    /// be silent, pings included, which are sent after half of it.
    std::chrono::milliseconds timeout{10'000};
};

struct WebSocketMessage {
    bool is_text = false;  // else binary
    Bytes payload;         // text is UTF-8
};

/// The server has closed the connection.
class WebSocketClosed : public Error {
public:
    WebSocketClosed(const std::string& words, std::uint16_t code) : Error(words), code_(code) {}
    /// Its reason as RFC 6455, 7.4, counts them; 0: it gave none.
    std::uint16_t code() const { return code_; }

private:
    std::uint16_t code_;
};

/// A connection. For one thread at a time, but for wake(). Pings are answered within receive() and send().
/// Between the calls at most one message is read ahead, so that the server is held back.
class WebSocketClient {
public:
    /// Connects, over TLS for wss://, whose certificate must be the host's and signed by whom the system
    /// trusts (SSL_CERT_FILE names others).
    /// url   ws:// or wss://
    /// stop  ends whatever call waits: it throws
    /// throws NotThereError if nobody serves there now; Error with the reason if there is no connection otherwise,
    ///        or the server refuses
    explicit WebSocketClient(const HttpUrl& url, const WebSocketClientOptions& options = {}, std::stop_token stop = {});
    /// Ends the connection without a word to the server; close() says it.
    ~WebSocketClient();
    WebSocketClient(const WebSocketClient&) = delete;
    WebSocketClient& operator=(const WebSocketClient&) = delete;

    /// What the server chose of what was asked for; empty: it knows it not.
    const std::string& subprotocol() const;

    /// Waits for the next message; nullopt: it is `until`, or somebody called wake().
    /// throws WebSocketClosed if the server closed the connection, with its reason; Error if it broke
    std::optional<WebSocketMessage> receive(SteadyClock::time_point until);

    /// Sends one message whole, and waits until the system has taken it.
    /// throws Error if the connection broke, or the server takes nothing for `timeout`
    void send_text(std::string_view text);
    /// parts  the message in parts, so that nobody need copy them together
    void send_binary(std::initializer_list<std::span<const std::byte>> parts);

    /// Ends the connection in order. Waits at most `limit` for the server's answer, also when told to stop.
    void close(std::chrono::milliseconds limit = std::chrono::milliseconds(500)) noexcept;

    /// Makes a receive() that waits, or else the next one, return at once. Any thread may call.
    void wake();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe
