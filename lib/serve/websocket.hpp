// The WebSocket protocol (RFC 6455), the server's side: handshake key, frames out, messages in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace framepipe::serve {

/// What goes into Sec-WebSocket-Accept for a client's Sec-WebSocket-Key; nullopt: it is no key
/// (16 bytes in base64).
std::optional<std::string> websocket_accept(std::string_view key);

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// The head of an unfragmented, unmasked frame with `size` bytes of payload.
std::string websocket_head(Opcode opcode, std::uint64_t size);

/// A whole close frame. `reason` is cut to the 123 bytes that fit.
std::string websocket_close(std::uint16_t code, std::string_view reason);

/// Why a connection must be closed.
struct CloseReason {
    std::uint16_t code = 1000;
    std::string text;
};

/// Puts a client's frames together to messages. One thread at a time.
class WebSocketReader {
public:
    struct Message {
        Opcode opcode = Opcode::text;  // text, binary, close, ping or pong
        std::string_view payload;      // unmasked; valid during the call
        std::uint16_t close_code = 0;  // of close; 0: none was sent
    };
    using Sink = std::function<void(const Message&)>;

    /// max_message  the longest message taken, in bytes
    explicit WebSocketReader(std::size_t max_message) : max_message_(max_message) {}

    /// Takes bytes from the socket and calls `sink` for each whole message, until a close.
    /// returns  what the client did wrong; nothing more may then be read
    std::optional<CloseReason> read(std::string_view bytes, const Sink& sink);

private:
    struct Head {
        Opcode opcode;
        bool last;
        std::size_t size;       // of the head
        std::uint64_t payload;  // its bytes
    };
    std::optional<CloseReason> read_head(std::optional<Head>& head) const;
    std::optional<CloseReason> take(const Head& head, std::string_view payload, const Sink& sink);

    std::size_t max_message_;
    std::string buffer_;  // bytes from `begin_` on that are no whole frame yet
    std::size_t begin_ = 0;
    std::string parts_;           // of a fragmented message
    std::optional<Opcode> open_;  // its opcode
    bool closed_ = false;
};

}  // namespace framepipe::serve
