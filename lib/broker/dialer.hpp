// Connects to whichever broker of an address answers.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>

#include "broker/connection.hpp"

namespace framepipe::broker {

/// Keeps its client identifier, so that a broker which has not yet noticed that our last connection broke ends
/// that one, and its will is said before we say that we are back. One thread at a time.
class Dialer {
public:
    Dialer(Address address, Login login, std::optional<Will> will = {});

    /// Tries each host once, from the one after that of the last connection.
    /// throws Error with the reason of each if none takes us; NotThereError if none is there now
    std::unique_ptr<Connection> connect(const Connection::Handler& handler, const std::stop_token& stop);

private:
    const Address address_;
    ConnectionOptions options_;
    std::size_t next_ = 0;
    int rounds_ = 0;  // in vain, in a row
};

}  // namespace framepipe::broker
