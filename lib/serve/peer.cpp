#include "serve/peer.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace framepipe::serve {

bool Peer::is_ipv4() const {
    static constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

bool Peer::is_this_machine() const {
    static constexpr std::array<std::uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return is_ipv4() ? address[12] == 127 : address == kLoopback;
}

AddressKey Peer::key() const {
    AddressKey key = address;
    if (!is_ipv4()) std::fill(key.begin() + 8, key.end(), std::uint8_t{0});
    return key;
}

std::size_t AddressHash::operator()(const AddressKey& key) const {
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), key.data(), sizeof halves);
    // By the golden ratio: half of an address is often 0, and neighbours differ in its last bits.
    return static_cast<std::size_t>((halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15)) * 0x9e3779b97f4a7c15);
}

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
