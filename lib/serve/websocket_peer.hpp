// A WebSocket client: whole messages in, pings answered, silence noticed.
#pragma once

#include <string>
#include <string_view>

#include "serve/connection.hpp"
#include "serve/websocket.hpp"

namespace framepipe::serve {

/// What all WebSockets here have in common. What messages mean is for those that derive from it.
class WebSocketPeer : public Protocol {
public:
    /// max_message  the longest message that the client may send, in bytes
    WebSocketPeer(Connection& connection, std::size_t max_message);

    void on_bytes(std::string_view bytes) override;
    void on_end() override { connection_.close(); }
    bool may_begin(std::uint32_t slot) override;
    void on_tick() override;
    void on_dismissed(Refusal reason) override;
    void on_stop() override;

protected:
    virtual void on_text(std::string_view text) = 0;
    virtual void on_binary(std::string_view bytes) = 0;

    void send_text(const std::string& text);
    void close(std::uint16_t code, std::string_view reason);

    Connection& connection_;

private:
    void on_message(const WebSocketReader::Message& message);
    void send_urgent(std::string frame);

    WebSocketReader reader_;
    bool pinged_ = false;
};

}  // namespace framepipe::serve
