#include "broker/dialer.hpp"

#include <fmt/format.h>

#include <random>

#include "frame/error.hpp"
#include "net/not_there.hpp"

namespace framepipe::broker {
namespace {

/// 21 letters: more would be too long for some brokers.
std::string random_id() {
    std::random_device random;
    return fmt::format("framepipe{:06x}{:06x}", random() & 0xffffff, random() & 0xffffff);
}

}  // namespace

Dialer::Dialer(Address address, Login login, std::optional<Will> will)
    : address_(std::move(address)), options_{std::move(login), address_.tls, random_id(), std::move(will)} {
    if (options_.login.user.empty()) options_.login.user = address_.user;
}

std::unique_ptr<Connection> Dialer::connect(const Connection::Handler& handler, const std::stop_token& stop) {
    std::string reasons;
    bool may_come = true;
    for (std::size_t tried = 0; tried < address_.hosts.size(); ++tried) {
        const Host& host = address_.hosts[next_];
        // Whatever becomes of it, the next attempt is another one's.
        next_ = (next_ + 1) % address_.hosts.size();
        try {
            return std::make_unique<Connection>(host, options_, handler, stop);
        } catch (const Error& error) {
            if (address_.hosts.size() == 1 || stop.stop_requested()) throw;
            may_come = may_come && dynamic_cast<const NotThereError*>(&error) != nullptr;
            reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", host.shown(), error.what());
        }
    }
    if (may_come) throw NotThereError(reasons);
    throw Error(reasons);
}

}  // namespace framepipe::broker
