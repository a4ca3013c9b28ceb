#include "broker/address.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <charconv>
#include <memory>
#include <string_view>

#include "broker/topics.hpp"
#include "frame/error.hpp"
#include "net/url.hpp"

namespace framepipe::broker {
namespace {

constexpr std::uint16_t kPort = 1883;
constexpr std::uint16_t kTlsPort = 8883;

/// The parts between the commas or slashes, empty ones too.
std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> parts;
    for (;;) {
        const auto end = text.find(at);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// nullopt: it is no host.
std::optional<Host> host_of(std::string_view text, std::uint16_t port) {
    Host host{{}, port};
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host.name = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const auto colon = text.find(':');
        host.name = text.substr(0, colon);
        if (colon != std::string_view::npos) rest = text.substr(colon);
    }
    if (host.name.empty()) return std::nullopt;
    if (rest.empty()) return host;
    if (rest.front() != ':') return std::nullopt;
    const auto [end, failed] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), host.port);
    if (failed != std::errc() || end != rest.data() + rest.size() || host.port == 0) return std::nullopt;
    return host;
}

std::string prefix_of(const Address& address, std::size_t levels) {
    std::string prefix;
    for (std::size_t i = 0; i < levels; ++i) {
        const std::string level = percent_decoded(address.path[i]);
        if (const auto wrong = wrong_with_level(level); !wrong.empty())
            throw UsageError(fmt::format("{}: a level of a topic {}", address.shown(), wrong));
        prefix += (i > 0 ? "/" : "") + level;
    }
    return prefix;
}

}  // namespace

std::string Host::shown() const {
    return fmt::format(fmt::runtime(name.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}"), name, port);
}

std::vector<std::string> Host::addresses() const {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int failed = ::getaddrinfo(name.c_str(), nullptr, &hints, &found); failed != 0)
        throw Error(fmt::format("cannot find {}: {}", name, ::gai_strerror(failed)));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
    std::vector<std::string> all;
    for (const auto* one = found; one != nullptr; one = one->ai_next) {
        char numeric[NI_MAXHOST];
        if (::getnameinfo(one->ai_addr, one->ai_addrlen, numeric, sizeof numeric, nullptr, 0, NI_NUMERICHOST) == 0)
            all.emplace_back(numeric);
    }
    return all;
}

Address Address::parse(const std::string& text) {
    const auto bad = [&] {
        return UsageError(fmt::format("not an address of a broker: {}; it has the form mqtt://host:port/prefix", shown_address(text)));
    };
    Address address;
    address.tls = text.starts_with("mqtts://");
    if (!address.tls && !text.starts_with("mqtt://")) throw bad();
    std::string_view rest = std::string_view(text).substr(text.find("//") + 2);
    const auto slash = rest.find('/');
    std::string_view authority = rest.substr(0, slash);
    if (slash != std::string_view::npos) {
        address.path = split(rest.substr(slash + 1), '/');
        if (address.path.back().empty()) address.path.pop_back();  // a / at the end
    }
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        const auto user = authority.substr(0, at);
        if (user.find(':') != std::string_view::npos)
            throw UsageError(fmt::format("{}: everybody on this machine could see the password; put it into a file: --password-file FILE",
                                         shown_address(text)));
        address.user = percent_decoded(user);
        authority.remove_prefix(at + 1);
    }
    for (const auto& part : split(authority, ',')) {
        auto host = host_of(part, address.tls ? kTlsPort : kPort);
        if (!host) throw bad();
        address.hosts.push_back(std::move(*host));
    }
    return address;
}

std::string Address::shown() const {
    std::string words = tls ? "mqtts://" : "mqtt://";
    for (const auto& host : hosts) words += (&host == &hosts.front() ? "" : ",") + host.shown();
    for (const auto& level : path) words += '/' + level;
    return words;
}

Place place_to_publish(const Address& address) {
    if (address.path.empty()) return {"framepipe", {}};
    return {prefix_of(address, address.path.size()), {}};
}

Place place_to_take(const Address& address) {
    if (address.path.size() < 2)
        throw UsageError(
            fmt::format("{} names no stream; it has the form mqtt://host/prefix/stream, or mqtt://host/prefix/+ for all", address.shown()));
    Place place{prefix_of(address, address.path.size() - 1), {}};
    place.all = address.path.back() == "+";
    if (!place.all) {
        place.stream = percent_decoded(address.path.back());
        if (address.path.back().find_first_of("+#") != std::string::npos)
            throw UsageError(fmt::format("{}: a wild card can only stand alone, for all streams: mqtt://host/prefix/+", address.shown()));
        if (const auto wrong = wrong_with_stream(place.stream); !wrong.empty())
            throw UsageError(fmt::format("{}: the name of a stream {}", address.shown(), wrong));
    }
    return place;
}

}  // namespace framepipe::broker
