// How often something may be done from one address.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "frame/clock.hpp"
#include "serve/peer.hpp"

namespace framepipe::serve {

/// For each address a store that fills with time and that each deed takes one from. Any thread.
class AddressRate {
public:
    /// per_second  how fast it fills;  most  what it holds, at least 1
    AddressRate(double per_second, double most) : per_second_(per_second), most_(most) {}

    /// False if there is none left.
    [[nodiscard]] bool take(const Peer& peer, SteadyClock::time_point now = SteadyClock::now());
    /// What was taken is not to count.
    void give_back(const Peer& peer);

private:
    struct Store {
        double taken = 0;  // as of `at`
        SteadyClock::time_point at{};
    };
    double taken_by(const Store& store, SteadyClock::time_point now) const;

    const double per_second_;
    const double most_;
    std::mutex mutex_;  // guards all below
    std::unordered_map<AddressKey, Store, AddressHash> stores_;
    std::size_t sweep_at_ = 1024;  // stores, then full ones are forgotten
};

}  // namespace framepipe::serve
