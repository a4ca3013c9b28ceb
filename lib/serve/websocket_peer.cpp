#include "serve/websocket_peer.hpp"

#include <fmt/format.h>

#include "serve/shard.hpp"

namespace framepipe::serve {
namespace {

constexpr auto kPingAfter = std::chrono::seconds(20);
constexpr auto kGoneAfter = std::chrono::seconds(60);

}  // namespace

WebSocketPeer::WebSocketPeer(Connection& connection, std::size_t max_message) : connection_(connection), reader_(max_message) {}

bool WebSocketPeer::may_begin(std::uint32_t) {
    return connection_.closing() || connection_.path_is_clear();
}

void WebSocketPeer::on_bytes(std::string_view bytes) {
    pinged_ = false;
    const auto failure = reader_.read(bytes, [this](const WebSocketReader::Message& message) { on_message(message); });
    if (!failure) return;
    connection_.let_go(Refusal::protocol,
                       fmt::format("a WebSocket client sent what cannot be taken: {} ({})", failure->text, failure->code), failure->code);
    close(failure->code, failure->text);
}

void WebSocketPeer::on_message(const WebSocketReader::Message& message) {
    if (connection_.closing()) return;
    switch (message.opcode) {
        case Opcode::ping:
            return send_urgent(websocket_head(Opcode::pong, message.payload.size()) + std::string(message.payload));
        case Opcode::close:
            return close(message.close_code ? message.close_code : 1000, "");
        case Opcode::text:
            return on_text(message.payload);
        case Opcode::binary:
            return on_binary(message.payload);
        default:
            return;  // a pong: a sign of life, as all bytes are
    }
}

void WebSocketPeer::send_text(const std::string& text) {
    if (!connection_.outbox().put(std::make_shared<Message>(websocket_head(Opcode::text, text.size()) + text)))
        return connection_.dismiss(Refusal::queue);
    if (!connection_.sending()) connection_.flush();
}

void WebSocketPeer::send_urgent(std::string frame) {
    if (!connection_.outbox().put_urgent(std::make_shared<Message>(std::move(frame)))) return connection_.dismiss(Refusal::queue);
    if (!connection_.sending()) connection_.flush();
}

void WebSocketPeer::on_tick() {
    if (!connection_.reading()) return;  // it is held up: we would not hear it
    const auto silent = connection_.shard().loop().now() - connection_.last_sign_of_life();
    if (silent > kGoneAfter) {
        connection_.shard().counters().refusals[static_cast<std::size_t>(Refusal::timeout)].add();
        return connection_.close();
    }
    if (silent > kPingAfter && !pinged_) {
        pinged_ = true;
        send_urgent(websocket_head(Opcode::ping, 0));
    }
}

void WebSocketPeer::close(std::uint16_t code, std::string_view reason) {
    if (connection_.closing()) return;
    if (!connection_.outbox().put(std::make_shared<Message>(websocket_close(code, reason)))) return connection_.close();
    connection_.finish();
}

void WebSocketPeer::on_dismissed(Refusal reason) {
    connection_.forget_waiting();
    close(reason == Refusal::queue ? 1008 : 1013,
          reason == Refusal::queue ? "too slow: too many messages wait" : "too slow: the server's memory is full");
}

void WebSocketPeer::on_stop() {
    close(1001, "the server ends");
}

}  // namespace framepipe::serve
