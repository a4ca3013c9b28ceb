// Who is at the other end of a connection.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>

namespace framepipe::serve {

struct Peer {
    /// It came by a Unix socket: a program of this machine, such as a proxy. It has no address.
    bool by_unix_socket = false;
    /// IPv6, or IPv4 mapped into it (::ffff:0:0/96). Network byte order.
    std::array<std::uint8_t, 16> address{};
};

/// The peer of an accepted socket, by the address that accept() gave.
Peer peer_of(const sockaddr_storage& address);

}  // namespace framepipe::serve
