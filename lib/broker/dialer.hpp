// Connects to whichever broker of an address answers.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>

#include "broker/connection.hpp"

namespace framepipe::broker {

/// Keeps its client identifier, so that a broker which has not yet noticed that our last connection broke ends
/// that one, and its will is said before we say that we are back; a broker that does not answer is not asked by it again. One thread at a
/// time.
class Dialer {
public:
    Dialer(Address address, Login login, std::optional<Will> will = {});

    /// Tries each host, from the one after that of the last connection; again for some seconds where one of several
    /// takes connections but says nothing, as a node of a cluster does that chooses its leader.
    /// throws Error with the reason of each if none takes us; NotThereError if none is there now
    std::unique_ptr<Connection> connect(const Connection::Handler& handler, const std::stop_token& stop);

private:
    /// Why no host takes us.
    struct Failures {
        std::string reasons;
        bool may_come = true;  // all are just not there
        bool silent = false;   // one at least takes connections
    };
    /// Tries each host once.
    /// returns  null if none takes us
    /// throws  Error if there is one host only
    std::unique_ptr<Connection> ask_all(const Connection::Handler& handler, const std::stop_token& stop, Failures& failures);

    const Address address_;
    ConnectionOptions options_;
    std::size_t next_ = 0;
    int rounds_ = 0;  // calls in vain, in a row
};

}  // namespace framepipe::broker
