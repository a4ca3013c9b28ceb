// A WebSocket that pushes frames to the server.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "serve/publishing.hpp"
#include "serve/websocket_peer.hpp"

namespace framepipe::serve {

class PublishSocket final : public WebSocketPeer {
public:
    /// stream  of frames that name none; nullopt: "", and no other producer is in the way before the first frame
    /// v1      whole frames by the subprotocol framepipe.v1, and acknowledgements
    PublishSocket(Connection& connection, Publishing& publishing, std::optional<std::string> stream, PermitPtr permit, bool v1);
    ~PublishSocket() override;

    void start();
    void on_end() override;

private:
    struct Link;
    void on_text(std::string_view text) override;
    void on_binary(std::string_view bytes) override;
    void put(Frame frame, bool replaceable);
    void check();

    Publishing& publishing_;
    const std::optional<std::string> stream_;
    const PermitPtr permit_;
    const bool v1_;
    std::uint64_t acknowledged_ = 0;
    std::shared_ptr<Link> link_;
    std::shared_ptr<Intake> intake_;
};

}  // namespace framepipe::serve
