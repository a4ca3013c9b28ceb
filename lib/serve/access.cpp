#include "serve/access.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "frame/ascii.hpp"
#include "serve/base64.hpp"

namespace framepipe::serve {
namespace {

bool is_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> address;
    return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
           inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), address.data()) == 1;
}

/// "host:port" with the port that the scheme means if none is given.
std::string with_port(std::string_view authority, std::string_view scheme) {
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    return lower(authority) + (has_port ? "" : scheme == "https" ? ":443" : ":80");
}

/// What a peer sent, fit for one line.
std::string one_line(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 100)) out += c >= ' ' && c < 127 ? c : '?';
    return out;
}

/// The tokens that a request shows.
std::vector<std::string> shown_tokens(const Request& request) {
    std::vector<std::string> shown;
    const auto header = request.header("authorization");
    if (header && lower(header->substr(0, 7)) == "bearer ") shown.emplace_back(header->substr(7));
    if (auto parameter = request.parameter("token")) shown.push_back(std::move(*parameter));
    return shown;
}

/// The user and the password that a request shows (RFC 7617).
std::optional<Login> shown_login(const Request& request) {
    const auto header = request.header("authorization");
    if (!header || lower(header->substr(0, 6)) != "basic ") return std::nullopt;
    const auto bytes = decode_base64(header->substr(6));
    if (!bytes) return std::nullopt;
    const std::string text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    const std::size_t colon = text.find(':');
    // crypt() would take what is before a zero byte for the whole.
    if (colon == std::string::npos || text.find('\0') != std::string::npos) return std::nullopt;
    return Login{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

std::string host_of(std::string_view authority) {
    if (authority.starts_with('[')) return lower(authority.substr(1, authority.find(']') - 1));
    return lower(authority.substr(0, authority.find(':')));
}

Access::Access(AccessOptions options, std::string machine) : options_(std::move(options)), machine_(lower(machine)) {
    for (std::string& host : options_.allow_hosts) host = lower(host);
    if (!options_.auth_file.empty()) passwords_ = std::make_unique<Passwords>(options_.auth_file);
    reload_tokens();
}

std::optional<Denial> Access::check_host(const Request& request, const Peer& peer) const {
    const auto header = request.header("host");
    if (!header) {
        if (request.http_1_0) return std::nullopt;
        return Denial{400, Refusal::bad_request, "a request needs a Host header"};
    }
    if (peer.by_unix_socket) return std::nullopt;
    std::string host = host_of(*header);
    if (host.ends_with('.')) host.pop_back();
    const auto& allowed = options_.allow_hosts;
    if (host == "localhost" || host.ends_with(".localhost") || is_address(host)) return std::nullopt;
    if (!machine_.empty() && (host == machine_ || host == machine_ + ".local")) return std::nullopt;
    if (std::find(allowed.begin(), allowed.end(), host) != allowed.end()) return std::nullopt;
    return Denial{421, Refusal::host,
                  fmt::format("the host name {0} is not this server's; --allow-host {0} would admit it", one_line(host))};
}

bool Access::lists_origin(std::string_view origin) const {
    const auto& allowed = options_.allow_origins;
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) {
        return one == origin || one == "*" || lower(one) == lower(origin) ||
               (one.ends_with('/') && std::string_view(one).substr(0, one.size() - 1) == origin);
    });
}

std::optional<Denial> Access::check_origin(const Request& request) const {
    const auto origin = request.header("origin");
    if (!origin || lists_origin(*origin)) return std::nullopt;
    const std::size_t scheme = origin->find("://");
    const auto host = request.header("host");
    if (scheme != std::string_view::npos && host) {
        const std::string_view name = origin->substr(0, scheme);
        if (with_port(origin->substr(scheme + 3), name) == with_port(*host, name)) return std::nullopt;
    }
    return Denial{403, Refusal::origin,
                  fmt::format("a page from {0} may not connect; --allow-origin {0} would admit it", one_line(*origin))};
}

std::shared_ptr<const Tokens> Access::tokens() const {
    const std::lock_guard lock(mutex_);
    return tokens_;
}

void Access::stop() {
    if (passwords_) passwords_->stop();
}

std::optional<Login> Access::unchecked_login(const Request& request) const {
    if (!passwords_) return std::nullopt;
    auto login = shown_login(request);
    return login && !passwords_->remembers(*login) ? login : std::nullopt;
}

void Access::reload_users() {
    if (passwords_) passwords_->reload();
}

void Access::reload_tokens() {
    if (options_.tokens_file.empty()) return;
    auto tokens = std::make_shared<const Tokens>(Tokens::read(options_.tokens_file));
    const std::lock_guard lock(mutex_);
    tokens_ = std::move(tokens);
}

bool Access::guards(Right right) const {
    if (!options_.token.empty() || passwords_) return true;
    const auto tokens = this->tokens();
    if (right == Right::publish) return tokens || !options_.publish_token.empty();
    // Tokens for producers alone leave the viewers free; a file that has been emptied lets nobody in.
    return tokens && (tokens->give(Right::view) || !tokens->give(Right::publish));
}

Permit Access::of_everybody() const {
    Permit permit;
    for (const Right right : {Right::view, Right::publish})
        if (!guards(right)) permit.grant(right, "*");
    return permit;
}

Identity Access::identify(const Request& request) const {
    Identity who;
    Permit permit = of_everybody();
    const auto tokens = this->tokens();
    for (const std::string& token : shown_tokens(request)) {
        if (!options_.token.empty() && same_secret(token, options_.token)) {
            who.known = true;
            permit.grant(Right::view, "*");
            // Unless producers have a token of their own, it is theirs too.
            if (options_.publish_token.empty()) permit.grant(Right::publish, "*");
        }
        if (!options_.publish_token.empty() && same_secret(token, options_.publish_token)) {
            who.known = true;
            permit.grant(Right::publish, "*");
        }
        if (const PermitPtr found = tokens ? tokens->find(token) : nullptr) {
            who.known = true;
            permit.grant(*found);
        }
    }
    if (const auto login = passwords_ ? shown_login(request) : std::nullopt; login && passwords_->remembers(*login)) {
        who.known = true;
        permit.grant(Right::view, "*");
        if (options_.publish_token.empty()) permit.grant(Right::publish, "*");
    }
    who.permit = std::make_shared<const Permit>(std::move(permit));
    return who;
}

Denial Access::denial(const Identity& who, Right right, std::string_view what) const {
    const bool publishes = right == Right::publish;
    const char* option = tokens() ? "--tokens" : publishes && !options_.publish_token.empty() ? "--publish-token-file" : "--token-file";
    if (who.known)
        return {403, Refusal::forbidden,
                fmt::format("your token does not let you {} {} (the server's {})", publishes ? "publish" : "watch", what, option)};
    if (passwords_) return {401, Refusal::token, "a user and the right password are wanted (the server's --auth-file), or a token"};
    return {401, Refusal::token,
            fmt::format("the {}token is missing or wrong: send Authorization: Bearer TOKEN, or ?token=TOKEN (the server's {})",
                        publishes && !options_.publish_token.empty() ? "producers' " : "", option)};
}

std::optional<Denial> Access::check(const Identity& who, Right right, const std::optional<std::string>& stream) const {
    if (stream ? who.permit->may(right, *stream) : who.permit->may_some(right)) return std::nullopt;
    return denial(who, right, stream ? fmt::format("the stream '{}'", one_line(*stream)) : "any stream");
}

std::optional<Denial> Access::check_all(const Identity& who, Right right) const {
    if (who.permit->may_all(right)) return std::nullopt;
    return denial(who, right, "every stream");
}

std::optional<std::string> Access::readable_by(const Request& request) const {
    const auto origin = request.header("origin");
    if (!origin || !lists_origin(*origin)) return std::nullopt;
    return std::string(*origin);
}

}  // namespace framepipe::serve
