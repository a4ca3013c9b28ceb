#include "serve/access.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace framepipe::serve {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

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
std::string quoted(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 100)) out += c >= ' ' && c < 127 ? c : '?';
    return out;
}

bool same(std::string_view a, std::string_view b) {
    // Takes as long whatever the first difference: times tell nothing.
    unsigned char difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference = static_cast<unsigned char>(difference | (a[i] ^ b[b.empty() ? 0 : i % b.size()]));
    return difference == 0;
}

/// True if the request has the token, or none is asked for.
bool sends(const Request& request, std::string_view token) {
    if (token.empty()) return true;
    const auto header = request.header("authorization");
    if (header && lower(header->substr(0, 7)) == "bearer " && same(header->substr(7), token)) return true;
    const auto parameter = request.parameter("token");
    return parameter && same(*parameter, token);
}

}  // namespace

std::string host_of(std::string_view authority) {
    if (authority.starts_with('[')) return lower(authority.substr(1, authority.find(']') - 1));
    return lower(authority.substr(0, authority.find(':')));
}

Access::Access(AccessOptions options, std::string machine) : options_(std::move(options)), machine_(lower(machine)) {
    for (std::string& host : options_.allow_hosts) host = lower(host);
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
    return Denial{421, Refusal::host, fmt::format("the host name {0} is not this server's; --allow-host {0} would admit it", quoted(host))};
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
    return Denial{403, Refusal::origin, fmt::format("a page from {0} may not connect; --allow-origin {0} would admit it", quoted(*origin))};
}

std::optional<Denial> Access::check_token(const Request& request) const {
    if (sends(request, options_.token)) return std::nullopt;
    return Denial{401, Refusal::token,
                  "the token is missing or wrong: send Authorization: Bearer TOKEN, or ?token=TOKEN (the server's --token-file)"};
}

std::optional<Denial> Access::check_publish_token(const Request& request) const {
    if (options_.publish_token.empty()) return check_token(request);
    if (sends(request, options_.publish_token)) return std::nullopt;
    return Denial{401, Refusal::token,
                  "the producers' token is missing or wrong: send Authorization: Bearer TOKEN, or ?token=TOKEN (the server's "
                  "--publish-token-file)"};
}

std::optional<std::string> Access::readable_by(const Request& request) const {
    const auto origin = request.header("origin");
    if (!origin || !lists_origin(*origin)) return std::nullopt;
    return std::string(*origin);
}

}  // namespace framepipe::serve
