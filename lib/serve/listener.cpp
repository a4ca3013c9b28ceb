#include "serve/listener.hpp"

#include <errno.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "cli/log.hpp"
#include "frame/error.hpp"

namespace framepipe::serve {
namespace {

constexpr auto kRetryAfter = std::chrono::milliseconds(200);

}  // namespace

Listener::Listener(EventLoop& loop, Descriptor socket, Accept on_accept)
    : loop_(loop), socket_(std::move(socket)), on_accept_(std::move(on_accept)), retry_(loop, [this] { on_ready(EPOLLIN); }) {
    loop_.watch(socket_.get(), EPOLLIN | EPOLLET, *this);
}

void Listener::on_ready(std::uint32_t) {
    while (true) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        Descriptor socket(accept4(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket) {
            on_accept_(std::move(socket), peer_of(address));
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) return;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            // They wait in the kernel's queue until somebody leaves.
            log::warn_once("accept", fmt::format("cannot take more viewers for now: {}; a higher limit of open files (ulimit -n) helps",
                                                 system_reason(errno)));
            return retry_.after(kRetryAfter);
        }
        // Else that one connection failed before it was taken; the next may be fine.
    }
}

}  // namespace framepipe::serve
