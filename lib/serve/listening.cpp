#include "serve/listening.hpp"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <optional>

#include "frame/error.hpp"

namespace framepipe::serve {
namespace {

constexpr int kBacklog = 4096;
/// Another family's port may be taken when a free one was asked for: so often another is tried.
constexpr int kPortTries = 20;

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    int family() const { return storage.ss_family; }
    void set_port(std::uint16_t port) {
        if (family() == AF_INET6)
            reinterpret_cast<sockaddr_in6&>(storage).sin6_port = htons(port);
        else
            reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(port);
    }
    std::uint16_t port() const {
        return ntohs(family() == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(storage).sin6_port
                                          : reinterpret_cast<const sockaddr_in&>(storage).sin_port);
    }
    std::string name() const {
        std::array<char, INET6_ADDRSTRLEN> text{};
        const void* bytes = family() == AF_INET6 ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr)
                                                 : &reinterpret_cast<const sockaddr_in&>(storage).sin_addr;
        inet_ntop(family(), bytes, text.data(), text.size());
        return text.data();
    }
    std::string text() const { return fmt::format(fmt::runtime(family() == AF_INET6 ? "[{}]:{}" : "{}:{}"), name(), port()); }
};

Address numeric(const char* text) {
    Address address;
    auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
    auto& in6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        in.sin_family = AF_INET;
        address.size = sizeof in;
    } else {
        inet_pton(AF_INET6, text, &in6.sin6_addr);
        in6.sin6_family = AF_INET6;
        address.size = sizeof in6;
    }
    return address;
}

std::vector<Address> addresses_of(const std::string& host) {
    if (host.empty()) return {numeric("0.0.0.0"), numeric("::")};
    if (host == "localhost") return {numeric("127.0.0.1"), numeric("::1")};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    if (const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &found); failed != 0)
        throw Error(fmt::format("cannot listen on {}: {}", host, failed == EAI_NONAME ? "no such host" : gai_strerror(failed)));
    std::vector<Address> all;
    for (const addrinfo* one = found; one; one = one->ai_next) {
        Address address;
        memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
        address.size = one->ai_addrlen;
        all.push_back(address);
    }
    freeaddrinfo(found);
    return all;
}

/// One listening socket; errno and none if it cannot be.
Descriptor try_listen(Address& address) {
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (!socket) return {};
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.family() == AF_INET6) setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 || listen(socket.get(), kBacklog) != 0)
        return {};
    getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size);
    return socket;
}

/// nullopt: a port that was free for one family is taken in the other.
std::optional<Listening> try_all(const std::vector<Address>& addresses, std::uint16_t port) {
    Listening listening;
    listening.place.address.port = port;
    int missing = 0;
    std::string missing_name;
    for (Address address : addresses) {
        address.set_port(listening.place.address.port);
        Descriptor socket = try_listen(address);
        if (!socket) {
            if (errno == EADDRINUSE && port == 0 && listening.place.address.port != 0) return std::nullopt;
            // A machine without IPv6, say, still listens by the other family.
            if ((errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT) && addresses.size() > 1) {
                missing = errno;
                missing_name = address.text();
                continue;
            }
            throw SystemError("cannot listen on " + address.text(), errno);
        }
        listening.place.address.port = address.port();
        listening.sockets.push_back(std::move(socket));
    }
    if (listening.sockets.empty()) throw SystemError("cannot listen on " + missing_name, missing);
    return listening;
}

}  // namespace

Listening listen_on(const ListenAddress& address) {
    if (!address.file.empty()) {
        Listening listening;
        listening.place.address = address;
        listening.file = SocketFile::listen(address.file, kBacklog, listening.sockets.emplace_back());
        return listening;
    }
    const auto addresses = addresses_of(address.host);
    for (int i = 0; i < kPortTries; ++i) {
        auto listening = try_all(addresses, address.port);
        if (!listening) continue;
        listening->place.address.host = address.host;
        return std::move(*listening);
    }
    throw Error(fmt::format("cannot listen on {}: no port is free in both address families",
                            address.host.empty() ? "every interface" : address.host));
}

Listening take_over(Descriptor socket) {
    const auto refused = [&](std::string_view why) {
        return Error(fmt::format("cannot listen on descriptor {}, which was passed to us: {}", socket.get(), why));
    };
    const auto option = [&](int name) {
        int value = 0;
        socklen_t size = sizeof value;
        return getsockopt(socket.get(), SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
    };
    if (option(SO_TYPE) == -1) throw refused(system_reason(errno));
    if (option(SO_TYPE) != SOCK_STREAM) throw refused("it is no stream socket (ListenStream=)");
    if (option(SO_ACCEPTCONN) != 1) throw refused("it is a connection, or does not listen (Accept=no, listen(2))");

    Listening listening;
    listening.place.passed = true;
    Address address;
    address.size = sizeof address.storage;
    if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) throw refused(system_reason(errno));
    if (address.family() == AF_UNIX) {
        const auto& in_file = reinterpret_cast<const sockaddr_un&>(address.storage);
        listening.place.address.file = in_file.sun_path[0] ? in_file.sun_path : fmt::format("@{}", in_file.sun_path + 1);
    } else if (address.family() == AF_INET || address.family() == AF_INET6) {
        listening.place.address.host = address.name();
        listening.place.address.port = address.port();
    } else {
        throw refused("it is neither TCP nor a Unix socket");
    }
    // It is shared with whoever passed it, but taking connections is our part alone.
    if (fcntl(socket.get(), F_SETFL, fcntl(socket.get(), F_GETFL) | O_NONBLOCK) != 0) throw refused(system_reason(errno));
    listening.sockets.push_back(std::move(socket));
    return listening;
}

}  // namespace framepipe::serve
