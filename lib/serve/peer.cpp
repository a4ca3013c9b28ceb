#include "serve/peer.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace framepipe::serve {

Peer peer_of(const sockaddr_storage& address) {
    Peer peer;
    if (address.ss_family == AF_INET6) {
        const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
        std::copy_n(in6.sin6_addr.s6_addr, peer.address.size(), peer.address.begin());
    } else if (address.ss_family == AF_INET) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(address);
        peer.address[10] = peer.address[11] = 0xff;
        std::memcpy(peer.address.data() + 12, &in.sin_addr, 4);
    } else {
        peer.by_unix_socket = true;
    }
    return peer;
}

}  // namespace framepipe::serve
