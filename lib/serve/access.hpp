// Who may ask for what: the rules of hosts, origins, tokens and users.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/denial.hpp"
#include "serve/http_message.hpp"
#include "serve/passwords.hpp"
#include "serve/peer.hpp"
#include "serve/permit.hpp"
#include "serve/tokens.hpp"

namespace framepipe::serve {

/// What the command line says about it.
struct AccessOptions {
    std::vector<std::string> allow_origins;  // origins, "null" or "*"
    std::vector<std::string> allow_hosts;
    std::string token;            // permits everything; empty: none is asked for
    std::string publish_token{};  // of producers; empty: `token`
    std::string auth_file{};      // users, as Passwords reads it; empty: none
    std::string tokens_file{};    // as Tokens reads it; empty: none
};

/// Whoever asks.
struct Identity {
    PermitPtr permit;    // never null; of somebody unknown, what everybody may
    bool known = false;  // it has shown a token, or a password
};

/// Any thread.
class Access {
public:
    /// machine  this machine's name
    /// throws Error if a file cannot be read
    Access(AccessOptions options, std::string machine);

    /// Against DNS rebinding: an address, localhost, this machine's name or an allowed one. By a Unix
    /// socket every name is right: no page reaches that but through a proxy, which knows its own names.
    std::optional<Denial> check_host(const Request& request, const Peer& peer) const;
    /// Of a WebSocket or a request that changes something: the page must come from here, or be allowed.
    std::optional<Denial> check_origin(const Request& request) const;

    /// The password that has to be checked before it is known who asks; nullopt: there is none, or it
    /// was right a moment ago.
    std::optional<Login> unchecked_login(const Request& request) const;
    /// See Passwords::check(). Only where there was an unchecked_login().
    void check(const Login& login, const Peer& peer, Passwords::Tell tell) const { passwords_->check(login, peer, std::move(tell)); }
    /// Checks no more passwords.
    void stop();
    bool has_users() const { return passwords_ != nullptr; }

    /// By the token or the password that the request shows.
    Identity identify(const Request& request) const;
    /// stream  nullopt: any one at all
    std::optional<Denial> check(const Identity& who, Right right, const std::optional<std::string>& stream) const;
    /// The same for what tells of every stream.
    std::optional<Denial> check_all(const Identity& who, Right right) const;

    /// Each reads its file again, if there is one. Whoever is in stays in.
    /// throws Error; what was read before then stays
    void reload_users();
    void reload_tokens();

    /// The request's Origin, if --allow-origin names it: its scripts may then read the answer.
    std::optional<std::string> readable_by(const Request& request) const;
    /// True if not everybody has this right.
    bool guards(Right right) const;

private:
    std::shared_ptr<const Tokens> tokens() const;
    Permit of_everybody() const;
    Denial denial(const Identity& who, Right right, std::string_view what) const;
    bool lists_origin(std::string_view origin) const;

    AccessOptions options_;
    std::string machine_;
    std::unique_ptr<Passwords> passwords_;  // null: there are no users
    mutable std::mutex mutex_;              // guards tokens_
    std::shared_ptr<const Tokens> tokens_;  // null: there is no file of them
};

/// The host in "host:port", "[::1]:port" or "host", in lower case and without brackets.
std::string host_of(std::string_view authority);

}  // namespace framepipe::serve
