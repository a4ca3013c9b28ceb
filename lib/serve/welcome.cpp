#include "serve/welcome.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace framepipe::serve {
namespace {

bool is_this_machine(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

/// Others than this machine can reach it.
bool is_open(const Place& place) {
    return place.address.file.empty() && !is_this_machine(place.address.host);
}

std::string url(const std::string& host, std::uint16_t port, bool tls) {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}/", tls ? "https" : "http", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
}

std::string machine_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// The addresses that others may reach this machine by.
std::vector<std::string> own_addresses() {
    std::vector<std::string> all;
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) return all;
    for (const ifaddrs* one = first; one; one = one->ifa_next) {
        if (!one->ifa_addr || (one->ifa_flags & IFF_LOOPBACK) || !(one->ifa_flags & IFF_UP)) continue;
        std::array<char, INET6_ADDRSTRLEN> text{};
        if (one->ifa_addr->sa_family == AF_INET) {
            inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text.data(), text.size());
        } else if (one->ifa_addr->sa_family == AF_INET6) {
            const auto& address = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr;
            if (IN6_IS_ADDR_LINKLOCAL(&address)) continue;  // of no use in a browser
            inet_ntop(AF_INET6, &address, text.data(), text.size());
        } else {
            continue;
        }
        all.emplace_back(text.data());
    }
    freeifaddrs(first);
    return all;
}

}  // namespace

std::vector<std::string> welcome(const Place& place, std::string_view with, bool tls) {
    const std::string how = with.empty() ? "" : fmt::format(" with {}", with);
    const auto& [host, port, file] = place.address;
    if (!file.empty())
        return {fmt::format("unix:{0} (who may write to that file; try: curl --unix-socket {0} http://localhost/healthz){1}", file, how)};
    if (is_this_machine(host) && place.passed) return {fmt::format("{} (this machine only){}", url(host, port, tls), how)};
    if (is_this_machine(host)) return {fmt::format("{} (this machine only; for others: --listen :{}){}", url(host, port, tls), port, how)};
    std::vector<std::string> lines;
    if (host.empty() || host == "0.0.0.0" || host == "::") {
        std::string line = url("localhost", port, tls);
        if (const std::string name = machine_name(); !name.empty() && name != "localhost")
            line += " " + url(name.ends_with(".local") ? name : name + ".local", port, tls);
        for (const std::string& own : own_addresses()) line += " " + url(own, port, tls);
        lines.push_back(line);
    } else {
        lines.push_back(url(host, port, tls));
    }
    lines.back() += how;
    return lines;
}

std::optional<std::string> exposure_warning(const std::vector<Place>& places, bool has_token, bool anybody_publishes) {
    if (std::none_of(places.begin(), places.end(), is_open)) return std::nullopt;
    if (anybody_publishes)
        return "everybody who can reach this machine can push frames to it; --publish-token-file FILE asks producers for a token";
    if (has_token) return std::nullopt;
    return "everybody who can reach this machine can watch; --token-file FILE asks viewers for a token";
}

std::optional<std::string> password_warning(const std::vector<Place>& places, bool tls) {
    if (tls || std::none_of(places.begin(), places.end(), is_open)) return std::nullopt;
    return "passwords cross the network for all to read; --tls-cert FILE hides them";
}

}  // namespace framepipe::serve
