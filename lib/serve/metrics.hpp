// What the server counts, for /metrics.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
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
    left,      // the viewer left, or was let go, before it was sent whole
};
inline constexpr std::size_t kDrops = 6;
std::string_view name_of(Drop drop);

/// Why a frame that came to the server was not published.
enum class InputDrop : std::uint8_t {
    stale,             // it had waited while nobody watched
    replaced,          // a newer one of its producer came before it was its turn
    rate,              // more a second than its producer may have
    other_feeder,      // somebody else feeds the stream
    too_many_streams,  // and it would have been one more
    forbidden,         // its producer's token is not for that stream
    queue,             // too many messages of clients wait to be shown (--hub)
};
inline constexpr std::size_t kInputDrops = 7;
std::string_view name_of(InputDrop drop);

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
    forbidden,            // the token is not for that stream
    failed                // its work failed in a way that nobody reckoned with
};
inline constexpr std::size_t kRefusals = 18;
std::string_view name_of(Refusal refusal);

/// Counters with one writing thread; any thread reads them.
class Counter {
public:
    void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
    std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// How often durations were at most so long: a histogram. One writing thread; any thread reads it.
class Durations {
public:
    /// The upper ends of the classes, in seconds; one more class has no end.
    static constexpr std::array<double, 12> kEnds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};
    static constexpr std::size_t kClasses = kEnds.size() + 1;

    /// Below zero counts as zero, more than a day as a day.
    void add(std::chrono::duration<double> duration, std::uint64_t times = 1);
    /// How many fell into the class, not counting those of lower ones.
    std::uint64_t in_class(std::size_t i) const { return classes_[i].get(); }
    std::uint64_t sum_us() const { return sum_us_.get(); }

private:
    std::array<Counter, kClasses> classes_;
    Counter sum_us_;
};

/// What one thread of viewers counts: each has its own, so that no two threads write to one cache line.
struct alignas(64) ViewerCounters {
    Counter offered;  // frames that came for viewers: each is handed over, dropped, or on its way
    Counter frames;   // handed over
    Durations wait;   // of pictures, from their arrival to their handing over
    Durations age;    // the same from their time_us
    Counter bytes;
    Counter connections;
    Counter requests;
    std::array<Counter, kDrops> drops;
    std::array<Counter, kRefusals> refusals;

    void drop(Drop reason, std::uint64_t n = 1) { drops[static_cast<std::size_t>(reason)].add(n); }
};

/// What is counted once a frame, or seldom.
struct Metrics {
    std::atomic<std::uint64_t> jpeg_encodes{0};
    std::atomic<std::uint64_t> png_encodes{0};
    std::atomic<std::uint64_t> rgba_decodes{0};
    std::atomic<std::uint64_t> base64_encodes{0};
    std::atomic<std::uint64_t> bad_pictures{0};
    std::array<std::atomic<std::uint64_t>, kInputDrops> input_drops{};
    std::atomic<std::uint64_t> relayed_messages{0};
    std::atomic<std::uint64_t> live_bytes{0};  // of frames that somebody still holds
    std::atomic<std::uint64_t> live_frames{0};
    std::atomic<std::int64_t> open_connections{0};
    std::atomic<std::int64_t> websocket_viewers{0};
    std::atomic<std::int64_t> mjpeg_viewers{0};

    void drop(InputDrop reason) { ++input_drops[static_cast<std::size_t>(reason)]; }
};

}  // namespace framepipe::serve
