#include "broker/dialer.hpp"

#include <fmt/format.h>

#include <random>

#include "frame/error.hpp"

namespace framepipe::broker {
namespace {

/// With others to ask: a node of a cluster that is choosing its leaders may answer nothing for long, and say so
/// only at the end, when another one, or the same one asked anew, has answered already.
constexpr auto kShortAnswer = std::chrono::milliseconds(1000);
constexpr auto kShortAnswerTls = std::chrono::milliseconds(2000);  // which takes some round trips more
/// So long they are asked one after the other without a pause: their choice takes four to nine seconds.
constexpr auto kAsking = std::chrono::milliseconds(6000);
/// After so many of these in vain all of them may just be slow.
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
    const bool is_short = address_.hosts.size() > 1 && rounds_ < kShortRounds;
    options_.answer = !is_short ? ConnectionOptions().answer : address_.tls ? kShortAnswerTls : kShortAnswer;
    const auto until = SteadyClock::now() + kAsking;
    for (;;) {
        Failures failures;
        if (auto connection = ask_all(handler, stop, failures)) {
            rounds_ = 0;
            return connection;
        }
        if (is_short && failures.silent && SteadyClock::now() < until) continue;
        ++rounds_;
        if (failures.may_come) throw NotThereError(failures.reasons);
        throw Error(failures.reasons);
    }
}

std::unique_ptr<Connection> Dialer::ask_all(const Connection::Handler& handler, const std::stop_token& stop, Failures& failures) {
    for (std::size_t tried = 0; tried < address_.hosts.size(); ++tried) {
        const Host& host = address_.hosts[next_];
        // Whatever becomes of it, the next attempt is another one's.
        next_ = (next_ + 1) % address_.hosts.size();
        try {
            return std::make_unique<Connection>(host, options_, handler, stop);
        } catch (const Error& error) {
            const bool is_silent = dynamic_cast<const SilentError*>(&error) != nullptr;
            // What we asked may still be under way there, and until it has failed nobody else is taken by this name.
            if (is_silent) options_.client_id = random_id();
            if (address_.hosts.size() == 1 || stop.stop_requested()) throw;
            failures.silent = failures.silent || is_silent;
            failures.may_come = failures.may_come && dynamic_cast<const NotThereError*>(&error) != nullptr;
            failures.reasons += fmt::format("{}{}: {}", failures.reasons.empty() ? "" : "; ", host.shown(), error.what());
        }
    }
    return nullptr;
}

}  // namespace framepipe::broker
