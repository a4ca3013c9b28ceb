#include "serve/address_rate.hpp"

#include <algorithm>
#include <chrono>

namespace framepipe::serve {

double AddressRate::taken_by(const Store& store, SteadyClock::time_point now) const {
    return std::max(0.0, store.taken - per_second_ * std::chrono::duration<double>(now - store.at).count());
}

bool AddressRate::take(const Peer& peer, SteadyClock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (stores_.size() >= sweep_at_) {
        std::erase_if(stores_, [&](const auto& entry) { return taken_by(entry.second, now) == 0; });
        sweep_at_ = std::max<std::size_t>(1024, 2 * stores_.size());
    }
    Store& store = stores_[peer.key()];
    store = {taken_by(store, now), now};
    if (store.taken + 1 > most_) return false;
    store.taken += 1;
    return true;
}

void AddressRate::give_back(const Peer& peer) {
    const std::lock_guard lock(mutex_);
    const auto found = stores_.find(peer.key());
    if (found != stores_.end()) found->second.taken = std::max(0.0, found->second.taken - 1);
}

}  // namespace framepipe::serve
