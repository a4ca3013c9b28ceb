#include "cli/service_manager.hpp"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "frame/error.hpp"

namespace framepipe {
namespace {

constexpr int kFirstSocket = 3;
constexpr int kMostSockets = 64;

/// Takes a variable out of the environment; empty: it is not there.
std::string take_variable(const char* name) {
    const char* value = std::getenv(name);
    std::string text = value ? value : "";
    ::unsetenv(name);
    return text;
}

std::optional<int> number(const std::string& text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

ServiceManager::ServiceManager() : address_(take_variable("NOTIFY_SOCKET")) {
    const std::string whose = take_variable("LISTEN_PID");
    const std::string many = take_variable("LISTEN_FDS");
    ::unsetenv("LISTEN_FDNAMES");
    // Of another process, a shell around us say, whose descriptors of that number may be anything here.
    if (number(whose) != ::getpid() || many.empty()) return;
    const auto count = number(many);
    if (!count || *count < 1 || *count > kMostSockets)
        throw Error(fmt::format("cannot take the sockets that were passed: LISTEN_FDS is '{}', not 1 to {}", many, kMostSockets));
    for (int fd = kFirstSocket; fd < kFirstSocket + *count; ++fd) {
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
            throw SystemError(fmt::format("cannot take descriptor {} of the {} in LISTEN_FDS", fd, *count), errno);
        sockets_.emplace_back(fd);
    }
}

std::vector<Descriptor> ServiceManager::take_sockets() {
    return std::move(sockets_);
}

void ServiceManager::ready(std::string_view status) const {
    notify(fmt::format("READY=1\nSTATUS={}", status));
}

void ServiceManager::reloading() const {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000LL + now.tv_nsec / 1000));
}

void ServiceManager::stopping() const {
    notify("STOPPING=1");
}

void ServiceManager::notify(std::string_view words) const {
    sockaddr_un address{};
    if (address_.empty() || address_.size() >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    address_.copy(address.sun_path, address_.size());
    const bool is_abstract = address_.front() == '@';
    if (is_abstract) address.sun_path[0] = 0;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size() + (is_abstract ? 0 : 1));
    const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // A manager that does not listen has nothing to lose; we serve all the same.
    if (socket) ::sendto(socket.get(), words.data(), words.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace framepipe
