// What people type for durations, sizes and addresses.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace framepipe {

/// "500ms", "10s", "2m", "1h", "1.5s"; a bare number is seconds. throws UsageError
std::chrono::nanoseconds parse_duration(std::string_view text);

/// "64KiB", "8MB", "1GiB", "512"; K, M, G alone are binary. throws UsageError
std::uint64_t parse_bytes(std::string_view text);

struct WidthHeight {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};
/// "640x480", each side 1 to 65535. throws UsageError
WidthHeight parse_size(std::string_view text);

/// Where a server listens: a host and a port, or a Unix socket.
struct ListenAddress {
    std::string host;        // empty: every interface
    std::uint16_t port = 0;  // 0: any free one
    std::string file{};      // of a Unix socket; not empty: host and port mean nothing
};
/// "localhost:8080", ":8080", "[::1]:8080", "8080" (localhost), "unix:PATH". throws UsageError
ListenAddress parse_listen(std::string_view text);

}  // namespace framepipe
