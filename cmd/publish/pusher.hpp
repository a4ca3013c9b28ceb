// Frames on their way to a server that takes them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "frame/frame.hpp"
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
class Pusher {
public:
    using Say = std::function<void(const std::string&)>;

    /// warn    takes one line for each time that the connection breaks
    /// notice  and for each time that it is there again
    Pusher(HttpUrl url, PushOptions options, Say warn, Say notice, std::stop_token stop);

    /// Lets a frame wait; itself waits while many do that must all be sent.
    /// returns  false if none are sent any more
    bool put(Frame frame);
    /// No more frames come.
    void end();

    /// Sends until the end, or until told to stop.
    /// throws Error if there is no connection at first, or the server will have none of the frames
    void run();

    /// Live pictures that were replaced by newer ones.
    std::uint64_t dropped() const;

private:
    struct Sent {
        std::optional<Frame> again;  // to be sent again if need be; live ones are not
    };
    void push(WebSocketClient& client);
    void handle(const WebSocketMessage& message, serve::AckWindow& window);
    bool next(Frame& frame);
    bool all_sent() const;
    void take_back();
    void set_client(WebSocketClient* client);

    const HttpUrl url_;
    const PushOptions options_;
    const Say warn_;
    const Say notice_;
    const std::stop_token stop_;

    std::deque<Sent> unacknowledged_;  // the sending thread's, as the two below
    std::uint64_t acknowledged_ = 0;   // on this connection
    bool was_connected_ = false;

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    // The rest is guarded by mutex_.
    std::deque<Frame> waiting_;
    std::uint64_t dropped_ = 0;
    bool ended_ = false;   // no more come
    bool closed_ = false;  // none are sent any more
    WebSocketClient* client_ = nullptr;
};

}  // namespace framepipe::publish
