// Where the server listens: addresses become sockets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "frame/descriptor.hpp"

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

}  // namespace framepipe::serve
