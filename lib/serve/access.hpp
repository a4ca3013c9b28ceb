// Who may ask for what: the Host, Origin and token rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/denial.hpp"
#include "serve/http_message.hpp"
#include "serve/peer.hpp"

namespace framepipe::serve {

/// What the command line says about it.
struct AccessOptions {
    std::vector<std::string> allow_origins;  // origins, "null" or "*"
    std::vector<std::string> allow_hosts;
    std::string token;            // empty: none is asked for
    std::string publish_token{};  // of producers; empty: `token`
};

/// Immutable: any thread.
class Access {
public:
    /// machine  this machine's name
    Access(AccessOptions options, std::string machine);

    /// Against DNS rebinding: an address, localhost, this machine's name or an allowed one. By a Unix
    /// socket every name is right: no page reaches that but through a proxy, which knows its own names.
    std::optional<Denial> check_host(const Request& request, const Peer& peer) const;
    /// Of a WebSocket or a request that changes something: the page must come from here, or be allowed.
    std::optional<Denial> check_origin(const Request& request) const;
    std::optional<Denial> check_token(const Request& request) const;
    /// The same for a producer.
    std::optional<Denial> check_publish_token(const Request& request) const;

    /// The request's Origin, if --allow-origin names it: its scripts may then read the answer.
    std::optional<std::string> readable_by(const Request& request) const;
    bool has_token() const { return !options_.token.empty(); }

private:
    bool lists_origin(std::string_view origin) const;

    AccessOptions options_;
    std::string machine_;
};

/// The host in "host:port", "[::1]:port" or "host", in lower case and without brackets.
std::string host_of(std::string_view authority);

}  // namespace framepipe::serve
