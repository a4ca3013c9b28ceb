// A WebSocket viewer: bare payloads, or whole frames by the subprotocol framepipe.v1.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/ack_window.hpp"
#include "serve/control.hpp"
#include "serve/flow.hpp"
#include "serve/questions.hpp"
#include "serve/websocket_peer.hpp"

namespace framepipe::serve {

/// What the handshake asked for.
struct WebSocketOptions {
    std::optional<std::string> stream;  // nullopt: the default one
    PermitPtr permit = Permit::everything();
    As as = As::image;
    double fps = 0;  // 0: all
    bool meta = false;
    bool v1 = false;
};

class WebSocketSession final : public WebSocketPeer {
public:
    WebSocketSession(Connection& connection, WebSocketOptions options);
    ~WebSocketSession() override;

    void start();
    bool may_begin(std::uint32_t slot) override;
    void on_begun(const Outbox::Entry& entry) override;
    void on_tick() override;
    void on_streams_changed() override;

private:
    /// A stream of this viewer. Its counts outlive a subscription.
    struct Channel {
        std::uint32_t slot = 0;
        std::unique_ptr<Flow> flow;
        AckWindow window;
        std::uint64_t drops = 0;  // of flows that are gone
    };

    void on_text(std::string_view text) override;
    void on_binary(std::string_view bytes) override;
    void on_control(std::string_view text);
    void choose_streams(bool changed);
    /// is_new  the stream has appeared under our eyes: all its frames are still to come
    void open(const std::string& stream, bool is_new = false);
    void close_channel(Channel& channel);
    void ask(std::string_view payload, bool is_text, const std::string& own_request = {}, std::optional<As> as = {});
    /// Who may watch some streams only may not ask what other pictures come from.
    bool may_ask() const { return options_.permit->may_all(Right::view); }
    void deliver(MessagePtr answer);
    void set_paused(bool paused);
    void send_status();

    WebSocketOptions options_;
    std::map<std::string, Channel> channels_;
    std::vector<Channel*> by_slot_;
    bool all_streams_ = false;         // subscribe "*"
    bool chosen_ = false;              // the streams are known
    std::unique_ptr<WatchAll> watch_;  // while they are not
    bool paused_ = false;
    bool status_due_ = false;
    std::unique_ptr<Questions> questions_;  // since the first
    Description described_;                 // what this client was told of the pipeline
};

}  // namespace framepipe::serve
