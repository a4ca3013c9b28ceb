#include "broker/dialer.hpp"

#include <fmt/format.h>

#include <random>

#include "frame/error.hpp"
#include "net/not_there.hpp"

namespace framepipe::broker {
namespace {

/// With others to ask: a node of a cluster that is choosing its leaders may answer nothing for long, and say so
/// only at the end, when another one, or the same one asked anew, has answered already.
constexpr auto kShortAnswer = std::chrono::seconds(2);
/// After so many rounds in vain all of them may just be slow.
constexpr int kShortRounds = 3;

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
    ConnectionOptions options = options_;
    if (address_.hosts.size() > 1 && rounds_ < kShortRounds) options.answer = kShortAnswer;
    for (std::size_t tried = 0; tried < address_.hosts.size(); ++tried) {
        const Host& host = address_.hosts[next_];
        // Whatever becomes of it, the next attempt is another one's.
        next_ = (next_ + 1) % address_.hosts.size();
        try {
            auto connection = std::make_unique<Connection>(host, options, handler, stop);
            rounds_ = 0;
            return connection;
        } catch (const Error& error) {
            if (address_.hosts.size() == 1 || stop.stop_requested()) throw;
            may_come = may_come && dynamic_cast<const NotThereError*>(&error) != nullptr;
            reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", host.shown(), error.what());
        }
    }
    ++rounds_;
    if (may_come) throw NotThereError(reasons);
    throw Error(reasons);
}

}  // namespace framepipe::broker
