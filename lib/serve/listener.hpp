// Takes the connections of one listening socket.
#pragma once

#include <cstdint>
#include <functional>

#include "serve/event_loop.hpp"
#include "serve/peer.hpp"

namespace framepipe::serve {

/// Accepts connections from one listening socket.
class Listener final : public Pollable {
public:
    using Accept = std::function<void(Descriptor, const Peer&)>;
    Listener(EventLoop& loop, Descriptor socket, Accept on_accept);
    void on_ready(std::uint32_t events) override;

private:
    EventLoop& loop_;
    Descriptor socket_;
    Accept on_accept_;
    Timer retry_;
};

}  // namespace framepipe::serve
