#include "serve/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace framepipe::serve {
namespace {

/// Connections that are told at one time that there is no place.
constexpr std::size_t kMaxTurnedAway = 256;
constexpr double kBurstSeconds = 2;

/// What counts as one address.
std::array<std::uint8_t, 16> key_of(const Peer& peer) {
    auto key = peer.address;
    if (!peer.is_ipv4()) std::fill(key.begin() + 8, key.end(), std::uint8_t{0});
    return key;
}

}  // namespace

Limits::Seat::Seat(Seat&& other) noexcept
    : limits_(std::exchange(other.limits_, nullptr)), peer_(other.peer_), denial_(std::move(other.denial_)) {}

Limits::Seat::~Seat() {
    if (limits_) limits_->release(*this);
}

std::size_t Limits::Hash::operator()(const Key& key) const {
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), key.data(), sizeof halves);
    // By the golden ratio: half of an address is often 0, and neighbours differ in its last bits.
    return static_cast<std::size_t>((halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15)) * 0x9e3779b97f4a7c15);
}

std::size_t Limits::limit_for(const Peer& peer, const std::optional<std::size_t>& given, std::size_t by_default) {
    if (peer.by_unix_socket) return 0;
    if (given) return *given;
    return peer.is_this_machine() ? 0 : by_default;
}

Limits::Address& Limits::address(const Peer& peer, SteadyClock::time_point now) {
    if (addresses_.size() >= sweep_at_) {
        std::erase_if(addresses_, [now](const auto& entry) {
            return entry.second.connections == 0 && now - entry.second.at > std::chrono::duration<double>(kBurstSeconds);
        });
        sweep_at_ = std::max<std::size_t>(1024, 2 * addresses_.size());
    }
    return addresses_[key_of(peer)];
}

std::optional<Limits::Seat> Limits::admit(const Peer& peer) {
    std::optional<Denial> denial;
    const std::size_t most_here = limit_for(peer, options_.connections_per_address, LimitOptions::kConnectionsPerAddress);
    if (const std::size_t most = options_.connections; most && connections_ >= most)
        denial = {503, Refusal::connections, fmt::format("the server is full: it has {} connections (its --max-connections)", most)};
    if (!denial && !peer.by_unix_socket) {
        const std::lock_guard lock(mutex_);
        Address& from = address(peer, SteadyClock::now());
        if (most_here && from.connections >= most_here)
            denial = {503, Refusal::address_connections,
                      fmt::format("{} connections from your address are too many (the server's --max-connections-per-address)", most_here)};
        else
            ++from.connections;
    }
    if (!denial) {
        ++connections_;
    } else if (turned_away_ >= kMaxTurnedAway) {
        return std::nullopt;
    } else {
        ++turned_away_;
    }
    return Seat(*this, peer, std::move(denial));
}

void Limits::release(const Seat& seat) {
    if (seat.denial()) {
        --turned_away_;
        return;
    }
    --connections_;
    if (seat.peer().by_unix_socket) return;
    const std::lock_guard lock(mutex_);
    --addresses_.at(key_of(seat.peer())).connections;
}

std::optional<Denial> Limits::check_request(const Peer& peer, SteadyClock::time_point now) {
    const auto most = static_cast<double>(limit_for(peer, options_.requests_per_address, LimitOptions::kRequestsPerAddress));
    if (most == 0) return std::nullopt;
    const std::lock_guard lock(mutex_);
    Address& from = address(peer, now);
    from.spent = std::max(0.0, from.spent - most * std::chrono::duration<double>(now - from.at).count());
    from.at = now;
    if (from.spent + 1 > most * kBurstSeconds)
        return Denial{429, Refusal::request_rate,
                      fmt::format("more than {} requests a second from your address (the server's --max-request-rate)", most)};
    from.spent += 1;
    return std::nullopt;
}

}  // namespace framepipe::serve
