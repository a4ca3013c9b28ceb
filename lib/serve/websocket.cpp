#include "serve/websocket.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "frame/header.hpp"
#include "serve/base64.hpp"
#include "serve/sha1.hpp"

namespace framepipe::serve {
namespace {

constexpr std::size_t kMaxControl = 125;

std::uint8_t byte_at(std::string_view text, std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
}

bool is_close_code(std::uint16_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/// Takes a client's mask off.
void unmask(char* payload, std::size_t size, const char* mask) {
    std::array<char, 8> twice;
    std::memcpy(twice.data(), mask, 4);
    std::memcpy(twice.data() + 4, mask, 4);
    std::uint64_t key = 0;
    std::memcpy(&key, twice.data(), 8);
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, payload + i, 8);
        word ^= key;
        std::memcpy(payload + i, &word, 8);
    }
    for (; i < size; ++i) payload[i] = static_cast<char>(payload[i] ^ twice[i % 4]);
}

CloseReason protocol_error(std::string text) {
    return {1002, std::move(text)};
}

}  // namespace

std::optional<std::string> websocket_accept(std::string_view key) {
    const auto is_digit = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    };
    if (key.size() != 24 || !key.ends_with("==") || !std::all_of(key.begin(), key.begin() + 22, is_digit)) return std::nullopt;
    std::string accept;
    append_base64(accept, sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    return accept;
}

std::string websocket_head(Opcode opcode, std::uint64_t size) {
    std::string head{static_cast<char>(0x80 | static_cast<std::uint8_t>(opcode))};
    if (size < 126) {
        head += static_cast<char>(size);
        return head;
    }
    const int bytes = size < 65536 ? 2 : 8;
    head += static_cast<char>(bytes == 2 ? 126 : 127);
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) head += static_cast<char>(size >> shift);
    return head;
}

std::string websocket_close(std::uint16_t code, std::string_view reason) {
    reason = reason.substr(0, kMaxControl - 2);
    std::string frame = websocket_head(Opcode::close, reason.size() + 2);
    frame += static_cast<char>(code >> 8);
    frame += static_cast<char>(code & 0xFF);
    frame += reason;
    return frame;
}

std::optional<CloseReason> WebSocketReader::read_head(std::optional<Head>& head) const {
    const std::string_view data = std::string_view(buffer_).substr(begin_);
    if (data.size() < 2) return std::nullopt;
    const std::uint8_t first = byte_at(data, 0), second = byte_at(data, 1);
    const auto opcode = static_cast<Opcode>(first & 0x0F);
    const bool control = (first & 0x08) != 0, last = (first & 0x80) != 0;
    if (first & 0x70) return protocol_error("reserved bits are set");
    if ((first & 0x0F) > 10 || ((first & 0x0F) > 2 && !control)) return protocol_error("unknown opcode");
    if (!(second & 0x80)) return protocol_error("a client's frames must be masked");
    std::uint64_t payload = second & 0x7F;
    if (control && (payload > kMaxControl || !last)) return protocol_error("a control frame is too long or fragmented");
    const std::size_t extra = payload == 126 ? 2 : payload == 127 ? 8 : 0;
    if (data.size() < 2 + extra) return std::nullopt;
    if (extra) payload = 0;
    for (std::size_t i = 0; i < extra; ++i) payload = payload << 8 | byte_at(data, 2 + i);
    if (!control) {
        if ((opcode == Opcode::continuation) != open_.has_value()) return protocol_error("a fragment is out of place");
        if (payload > max_message_ - parts_.size())
            return CloseReason{1009, "message over the limit of " + std::to_string(max_message_) + " bytes"};
    }
    head = Head{opcode, last, 2 + extra + 4, payload};
    return std::nullopt;
}

std::optional<CloseReason> WebSocketReader::take(const Head& head, std::string_view payload, const Sink& sink) {
    if (head.opcode == Opcode::close) {
        Message message{head.opcode, payload.size() > 2 ? payload.substr(2) : std::string_view(), 0};
        if (payload.size() == 1) return protocol_error("a close frame of one byte");
        if (payload.size() >= 2) {
            message.close_code = static_cast<std::uint16_t>(byte_at(payload, 0) << 8 | byte_at(payload, 1));
            if (!is_close_code(message.close_code)) return protocol_error("no valid close code");
            if (!is_valid_utf8(message.payload)) return CloseReason{1007, "a close reason is not UTF-8"};
        }
        closed_ = true;
        sink(message);
        return std::nullopt;
    }
    if (head.opcode == Opcode::ping || head.opcode == Opcode::pong) {
        sink({head.opcode, payload, 0});
        return std::nullopt;
    }
    Opcode opcode = head.opcode;
    if (open_ || !head.last) {
        if (!open_) open_ = head.opcode;
        parts_ += payload;
        if (!head.last) return std::nullopt;
        opcode = *open_;
        payload = parts_;
    }
    if (opcode == Opcode::text && !is_valid_utf8(payload)) return CloseReason{1007, "a text message is not UTF-8"};
    sink({opcode, payload, 0});
    open_.reset();
    parts_.clear();
    return std::nullopt;
}

std::optional<CloseReason> WebSocketReader::read(std::string_view bytes, const Sink& sink) {
    if (closed_) return std::nullopt;
    buffer_.append(bytes);
    std::optional<CloseReason> failure;
    while (!failure && !closed_) {
        std::optional<Head> head;
        failure = read_head(head);
        if (failure || !head || buffer_.size() - begin_ < head->size + head->payload) break;
        char* mask = buffer_.data() + begin_ + head->size - 4;
        char* payload = mask + 4;
        const auto size = static_cast<std::size_t>(head->payload);
        unmask(payload, size, mask);
        begin_ += head->size + size;
        failure = take(*head, {payload, size}, sink);
    }
    if (begin_ == buffer_.size()) {
        // Thousands of viewers are idle: none keeps memory for its last message.
        buffer_ = std::string();
        begin_ = 0;
    } else if (begin_ > 65536) {
        buffer_.erase(0, begin_);
        begin_ = 0;
    }
    return failure;
}

}  // namespace framepipe::serve
