// What we set and ask of a viewer's socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace framepipe::serve {

/// Bytes that may wait in the kernel unsent. What is beyond stays with us, where a newer picture
/// can replace it. (SO_SNDBUF would bound what is in flight too, and ruin long fast links.)
inline constexpr int kNotSentLowWater = 16 << 10;

/// Sets no delay, the low-water mark and keep-alive of an accepted socket.
void set_up_viewer_socket(int socket);

/// While it is held, a TCP socket keeps the last segment that is not full; let go, it sends that. Nothing
/// of the kind elsewhere.
void hold_segments(int socket, bool held);

/// How many bytes have come that nobody has read.
std::size_t unread_bytes(int socket);

/// Lets about so many bytes wait there from now on, which also bounds what is under way; the kernel alone would let
/// them grow to megabytes.
void bound_receive_buffer(int socket, std::size_t bytes);

/// How long to wait before the next picture is begun, so that it is not old when it has crossed a slow
/// link: what is unacknowledged should first fall to about what one round trip carries.
/// returns  nullopt: begin now. Of a Unix socket that is when the peer has read what it was sent
/// queued   gets the bytes that are unacknowledged
std::optional<std::chrono::microseconds> wait_for_path(int socket, std::uint64_t& queued);

}  // namespace framepipe::serve
