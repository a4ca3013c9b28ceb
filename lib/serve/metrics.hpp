// What the server counts, for /metrics.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace framepipe::serve {

/// Why a frame that came in did not go out to a viewer.
enum class Drop : std::uint8_t {
    replaced,  // a newer picture took its place in the outbox
    rate,      // the viewer asked for fewer (?fps=)
    paused,    // the viewer paused
    queue,     // the outbox was full
    failed,    // the picture could not be made into what the viewer wants
};
inline constexpr std::size_t kDrops = 5;
std::string_view name_of(Drop drop);

/// Why the server let a viewer or a request go.
enum class Refusal : std::uint8_t {
    bad_request,
    host,
    origin,
    token,
    not_found,
    method,
    too_large,
    timeout,
    stalled,
    queue,
    memory,
    protocol,
    publish,
    connections,          // the server is full
    address_connections,  // too many from one address
    request_rate,         // of one address
    forbidden             // the token is not for that stream
};
inline constexpr std::size_t kRefusals = 17;
std::string_view name_of(Refusal refusal);

/// Counters with one writing thread; any thread reads them.
class Counter {
public:
    void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
    std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// What one thread of viewers counts: each has its own, so that no two threads write to one cache line.
struct alignas(64) ViewerCounters {
    Counter frames;
    Counter bytes;
    Counter connections;
    Counter requests;
    std::array<Counter, kDrops> drops;
    std::array<Counter, kRefusals> refusals;
};

/// What is counted once a frame, or seldom.
struct Metrics {
    std::atomic<std::uint64_t> jpeg_encodes{0};
    std::atomic<std::uint64_t> png_encodes{0};
    std::atomic<std::uint64_t> rgba_decodes{0};
    std::atomic<std::uint64_t> base64_encodes{0};
    std::atomic<std::uint64_t> bad_pictures{0};
    std::atomic<std::uint64_t> stale_frames{0};     // thrown away when demand came back
    std::atomic<std::uint64_t> refused_frames{0};   // of streams beyond the most there may be
    std::atomic<std::uint64_t> replaced_frames{0};  // of producers, by newer ones before they were published
    std::atomic<std::uint64_t> too_fast_frames{0};  // of producers, above the rate that they may have
    std::atomic<std::uint64_t> relayed_messages{0};
    std::atomic<std::uint64_t> live_bytes{0};  // of frames that somebody still holds
    std::atomic<std::uint64_t> live_frames{0};
    std::atomic<std::int64_t> open_connections{0};
    std::atomic<std::int64_t> websocket_viewers{0};
    std::atomic<std::int64_t> mjpeg_viewers{0};
};

}  // namespace framepipe::serve
