// How many connections there may be, and how many requests: in all and from one address.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "frame/clock.hpp"
#include "serve/address_rate.hpp"
#include "serve/denial.hpp"
#include "serve/peer.hpp"

namespace framepipe::serve {

/// 0: no limit. Of an address: nullopt is the default, which does not concern this machine's own
/// addresses, since a proxy or a load tester there speaks for many; a number that is given concerns all.
/// Peers on Unix sockets have no address. The addresses of an IPv6 network of 64 bits are one.
struct LimitOptions {
    static constexpr std::size_t kConnectionsPerAddress = 1000;
    static constexpr std::size_t kRequestsPerAddress = 200;

    std::size_t connections = 20000;
    std::optional<std::size_t> connections_per_address;
    std::optional<std::size_t> requests_per_address;  // a second, and twice that at once
};

/// Any thread.
class Limits {
public:
    explicit Limits(const LimitOptions& options);

    /// What a connection holds while it lives. Must not outlive the Limits.
    class Seat {
    public:
        Seat(Seat&& other) noexcept;
        Seat& operator=(Seat&&) = delete;
        ~Seat();

        const Peer& peer() const { return peer_; }
        /// Why there is no place: the connection is told so and ends. nullopt: there is one.
        const std::optional<Denial>& denial() const { return denial_; }

    private:
        friend class Limits;
        Seat(Limits& limits, const Peer& peer, std::optional<Denial> denial) : limits_(&limits), peer_(peer), denial_(std::move(denial)) {}
        Limits* limits_;  // null: moved from
        Peer peer_;
        std::optional<Denial> denial_;
    };

    /// A seat, or one with a denial for those who can still be told; how many can at a time is bounded,
    /// so that a flood of them takes nothing from the others. Beyond that: nullopt, close it unheard.
    std::optional<Seat> admit(const Peer& peer);

    /// Counts a request. nullopt: it may be answered
    std::optional<Denial> check_request(const Peer& peer, SteadyClock::time_point now = SteadyClock::now());

private:
    /// The limit that holds for this peer; 0: none.
    static std::size_t limit_for(const Peer& peer, const std::optional<std::size_t>& given, std::size_t by_default);
    void release(const Seat& seat);

    const LimitOptions options_;
    std::atomic<std::size_t> connections_{0};
    std::atomic<std::size_t> turned_away_{0};

    AddressRate requests_;

    std::mutex mutex_;                                               // guards from_
    std::unordered_map<AddressKey, std::size_t, AddressHash> from_;  // connections from each address that has any
};

}  // namespace framepipe::serve
