// Where the server listens: addresses become sockets.
#pragma once

#include <vector>

#include "cli/units.hpp"
#include "frame/descriptor.hpp"
#include "serve/socket_file.hpp"

namespace framepipe::serve {

/// Sockets that listen, all at one place.
struct Listening {
    std::vector<Descriptor> sockets;
    ListenAddress address;  // with the port that it has
    SocketFile file{};      // of a Unix socket
};

/// Listens on a host: "" every interface, "localhost" this machine by both address families where
/// there are two, else a name or an address; port 0, any free one. Or on a Unix socket.
/// throws Error
Listening listen_on(const ListenAddress& address);

}  // namespace framepipe::serve
