// Listening sockets.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "serve/event_loop.hpp"

namespace framepipe::serve {

/// Sockets that listen, all on one port.
struct Listening {
    std::vector<Descriptor> sockets;
    std::uint16_t port = 0;
};

/// Listens on `host`: "" every interface, "localhost" this machine by both address families where
/// there are two, else a name or an address. Port 0: any free one.
/// throws Error
Listening listen_on(const std::string& host, std::uint16_t port);

/// Accepts connections from one listening socket.
class Listener final : public Pollable {
public:
    using Accept = std::function<void(Descriptor)>;
    Listener(EventLoop& loop, Descriptor socket, Accept on_accept);
    void on_ready(std::uint32_t events) override;

private:
    EventLoop& loop_;
    Descriptor socket_;
    Accept on_accept_;
    Timer retry_;
};

}  // namespace framepipe::serve
