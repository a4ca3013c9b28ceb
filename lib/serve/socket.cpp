#include "serve/socket.hpp"

#include <linux/sockios.h>
#include <linux/tcp.h>  // not netinet/tcp.h: glibc's tcp_info has no delivery rate
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

namespace framepipe::serve {

namespace {

/// No event tells that the peer of a Unix socket has read some of what it was sent.
constexpr auto kUnixSocketPoll = std::chrono::milliseconds(2);

}  // namespace

void set_up_viewer_socket(int socket) {
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kNotSentLowWater, sizeof kNotSentLowWater);
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

void hold_segments(int socket, bool held) {
    const int value = held;
    setsockopt(socket, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

std::size_t unread_bytes(int socket) {
    int unread = 0;
    return ioctl(socket, FIONREAD, &unread) == 0 ? static_cast<std::size_t>(unread) : 0;
}

void bound_receive_buffer(int socket, std::size_t bytes) {
    const int value = static_cast<int>(bytes);
    setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &value, sizeof value);
}

std::optional<std::chrono::microseconds> wait_for_path(int socket, std::uint64_t& queued) {
    int unacknowledged = 0;
    queued = 0;
    if (ioctl(socket, SIOCOUTQ, &unacknowledged) != 0) return std::nullopt;
    queued = static_cast<std::uint64_t>(unacknowledged);
    if (queued <= kNotSentLowWater) return std::nullopt;
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return kUnixSocketPoll;
    // Twice what the path has shown to carry in its shortest round trip: enough for a rate that was
    // only low for want of pictures to double each round trip, as slow start does.
    const std::uint64_t rate = info.tcpi_delivery_rate;  // bytes a second
    const std::uint64_t carried = 2 * rate * info.tcpi_min_rtt / 1000000;
    const std::uint64_t allowed = kNotSentLowWater + carried;
    if (queued <= allowed) return std::nullopt;
    const std::uint64_t wait_us = rate ? (queued - allowed) * 1000000 / rate : 5000;
    return std::chrono::microseconds(std::clamp<std::uint64_t>(wait_us, 1000, 100000));
}

}  // namespace framepipe::serve
