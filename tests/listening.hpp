// A socket that listens on this machine, on a port of its own.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <string>

#include "frame/descriptor.hpp"

namespace framepipe_test {

class Listening {
public:
    Listening() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_.get(), 8) != 0) std::abort();
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }

    /// HOST:PORT.
    const std::string& address() const { return address_; }
    /// The next connection; none after stop().
    framepipe::Descriptor accept() const { return framepipe::Descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
    /// Any thread.
    void stop() const { ::shutdown(socket_.get(), SHUT_RDWR); }

private:
    framepipe::Descriptor socket_;
    std::string address_;
};

}  // namespace framepipe_test
