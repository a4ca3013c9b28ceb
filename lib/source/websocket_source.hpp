// The streams of another wsserve, or the messages of any WebSocket server.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "net/websocket_client.hpp"
#include "source/relay_source.hpp"

namespace framepipe {

struct WebSocketSourceOptions {
    std::string token = {};  // empty: none is sent
    std::uint64_t max_frame = kDefaultMaxFrame;
    /// How long connecting may take, and how long the server may be silent.
    std::chrono::milliseconds timeout{10'000};
};

/// By framepipe.v1 (framepipe-web(7)) whole frames, each acknowledged when it was taken; from a server that
/// knows it not bare messages: pictures, text, and what else is binary as application/octet-stream.
class WebSocketSource : public RelaySource {
public:
    /// url   ws:// or wss://; with `stream=*` in its query all streams
    /// stop  ends what waits
    /// throws Error if there is no connection, or the server refuses
    WebSocketSource(HttpUrl url, const WebSocketSourceOptions& options, std::stop_token stop);
    ~WebSocketSource() override;

    std::optional<Frame> next_until(SteadyClock::time_point until) override;
    bool keeps_headers() const override { return v1_; }
    void taken(const std::string& stream, std::uint64_t count) override;

private:
    Frame whole_frame(const Bytes& message) const;
    void send_acknowledgements();

    const std::string name_;  // for messages
    const std::uint64_t max_frame_;
    WebSocketClient client_;
    const bool v1_;

    std::mutex mutex_;
    // The rest is guarded by mutex_. By stream: how many frames were taken, and how many of these were said to be.
    struct Count {
        std::uint64_t taken = 0;
        std::uint64_t said = 0;
    };
    std::map<std::string, Count> counts_;
};

}  // namespace framepipe
