// Frames on their way to a server that takes them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <stop_token>
#include <string>

#include "frame/frame.hpp"
#include "net/frame_link.hpp"
#include "net/frame_queue.hpp"
#include "net/kept_link.hpp"
#include "net/websocket_client.hpp"
#include "serve/ack_window.hpp"

namespace framepipe::publish {

struct PushOptions {
    std::string token = {};  // empty: none is sent
    /// Wait until the server has taken the last frame, however often the connection breaks.
    bool wait = false;
    std::chrono::milliseconds timeout{10'000};
};

/// One thread puts frames in, another one sends them. A live picture that waits is replaced by a newer one of
/// its stream; other frames are all sent, again if the connection broke before they were acknowledged.
class Pusher : public FrameLink {
public:
    Pusher(HttpUrl url, PushOptions options, LinkWords words, std::stop_token stop);

    bool put(Frame frame) override { return queue_.put(std::move(frame)); }
    void end() override { queue_.end(); }
    void run() override;
    std::uint64_t dropped() const override { return queue_.dropped(); }

private:
    struct Sent {
        std::optional<Frame> again;  // to be sent again if need be; live ones are not
    };
    void session();
    void push(WebSocketClient& client);
    void handle(const WebSocketMessage& message, serve::AckWindow& window);
    void take_back();

    const HttpUrl url_;
    const PushOptions options_;
    const std::stop_token stop_;

    std::deque<Sent> unacknowledged_;  // the sending thread's, as the one below
    std::uint64_t acknowledged_ = 0;   // on this connection

    FrameQueue queue_;
    KeptLink link_;
};

}  // namespace framepipe::publish
