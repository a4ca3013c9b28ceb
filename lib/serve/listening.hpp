// Where the server listens: addresses become sockets.
#pragma once

#include <vector>

#include "cli/units.hpp"
#include "frame/descriptor.hpp"
#include "serve/socket_file.hpp"

namespace framepipe::serve {

/// A place at which the server listens.
struct Place {
    ListenAddress address;  // with the port that it has
    bool passed = false;    // whoever started us chose it
};

/// Sockets that listen, all at one place.
struct Listening {
    std::vector<Descriptor> sockets;
    Place place;
    SocketFile file{};  // of a Unix socket that is ours to remove
};

/// Listens on a host: "" every interface, "localhost" this machine by both address families where
/// there are two, else a name or an address; port 0, any free one. Or on a Unix socket.
/// throws Error
Listening listen_on(const ListenAddress& address);

/// Takes over a socket that whoever started us made.
/// throws Error if it is none that listens for connections
Listening take_over(Descriptor socket);

}  // namespace framepipe::serve
