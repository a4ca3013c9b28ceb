#include "serve/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace framepipe::serve {
namespace {

/// Connections that are told at one time that there is no place.
constexpr std::size_t kMaxTurnedAway = 256;
constexpr double kBurstSeconds = 2;

}  // namespace

Limits::Seat::Seat(Seat&& other) noexcept
    : limits_(std::exchange(other.limits_, nullptr)), peer_(other.peer_), denial_(std::move(other.denial_)) {}

Limits::Seat::~Seat() {
    if (limits_) limits_->release(*this);
}

Limits::Limits(const LimitOptions& options)
    : options_(options),
      requests_(static_cast<double>(options.requests_per_address.value_or(LimitOptions::kRequestsPerAddress)),
                kBurstSeconds * static_cast<double>(options.requests_per_address.value_or(LimitOptions::kRequestsPerAddress))) {}

std::size_t Limits::limit_for(const Peer& peer, const std::optional<std::size_t>& given, std::size_t by_default) {
    if (peer.by_unix_socket) return 0;
    if (given) return *given;
    return peer.is_this_machine() ? 0 : by_default;
}

std::optional<Limits::Seat> Limits::admit(const Peer& peer) {
    std::optional<Denial> denial;
    const std::size_t most_here = limit_for(peer, options_.connections_per_address, LimitOptions::kConnectionsPerAddress);
    if (const std::size_t most = options_.connections; most && connections_ >= most)
        denial = {503, Refusal::connections, fmt::format("the server is full: it has {} connections (its --max-connections)", most)};
    if (!denial && !peer.by_unix_socket) {
        const std::lock_guard lock(mutex_);
        std::size_t& here = from_[peer.key()];
        if (most_here && here >= most_here)
            denial = {503, Refusal::address_connections,
                      fmt::format("{} connections from your address are too many (the server's --max-connections-per-address)", most_here)};
        else
            ++here;
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
    const auto found = from_.find(seat.peer().key());
    if (--found->second == 0) from_.erase(found);
}

std::optional<Denial> Limits::check_request(const Peer& peer, SteadyClock::time_point now) {
    const std::size_t most = limit_for(peer, options_.requests_per_address, LimitOptions::kRequestsPerAddress);
    if (most == 0 || requests_.take(peer, now)) return std::nullopt;
    return Denial{429, Refusal::request_rate,
                  fmt::format("more than {} requests a second from your address (the server's --max-request-rate)", most)};
}

}  // namespace framepipe::serve
