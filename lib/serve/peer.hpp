// Who is at the other end of a connection.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>

namespace framepipe::serve {

/// What counts as one address: an IPv4 one, or the first 64 bits of an IPv6 one, which are one network.
using AddressKey = std::array<std::uint8_t, 16>;
struct AddressHash {
    std::size_t operator()(const AddressKey& key) const;
};

struct Peer {
    /// It came by a Unix socket: a program of this machine, such as a proxy. It has no address.
    bool by_unix_socket = false;
    /// IPv6, or IPv4 mapped into it (::ffff:0:0/96). Network byte order.
    std::array<std::uint8_t, 16> address{};

    bool is_ipv4() const;
    /// True for 127.0.0.0/8 and ::1.
    bool is_this_machine() const;
    AddressKey key() const;
};

/// The peer of an accepted socket, by the address that accept() gave.
Peer peer_of(const sockaddr_storage& address);

}  // namespace framepipe::serve
