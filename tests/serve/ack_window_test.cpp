#include "serve/ack_window.hpp"

#include <deque>

#include "catch.hpp"

using namespace framepipe::serve;
using namespace std::chrono_literals;

TEST_CASE("two frames may be on their way, and more only after an acknowledgement", "[serve]") {
    AckWindow window;
    const framepipe::SteadyClock::time_point start{};
    CHECK(window.open());
    window.sent(start);
    CHECK(window.open());
    window.sent(start);
    CHECK_FALSE(window.open());
    CHECK(window.acknowledge(1, start + 100ms));
    CHECK(window.open());
    CHECK(window.acknowledge(0, start + 100ms));  // an old one, late
    CHECK_FALSE(window.acknowledge(3, start + 100ms));
}

TEST_CASE("the window grows where acknowledgements take as long as ever, and shrinks where they queue", "[serve]") {
    AckWindow window;
    framepipe::SteadyClock::time_point now{};
    std::uint64_t count = 0;
    const auto round = [&](std::chrono::milliseconds delay) {
        const auto before = count;
        while (window.open()) {
            window.sent(now);
            ++count;
        }
        now += delay;
        REQUIRE(count > before);
        CHECK(window.acknowledge(before + 1, now));
        CHECK(window.acknowledge(count, now));
    };
    for (int i = 0; i < 20; ++i) round(200ms);
    CHECK(window.size() == AckWindow::kMost);
    for (int i = 0; i < 20; ++i) round(900ms);
    CHECK(window.size() == AckWindow::kLeast);
}

namespace {

struct Seen {
    int pictures = 0;
    std::chrono::milliseconds oldest{0};  // after the first second
};

/// A viewer for five minutes, of a source of a picture each 33 ms, behind a link that takes `transfer` for each and `trip` each way.
Seen watch(std::chrono::milliseconds transfer, std::chrono::milliseconds trip) {
    struct OnItsWay {
        std::chrono::milliseconds stamp, arrives;
        bool arrived = false;
    };
    AckWindow window;
    Seen seen;
    std::deque<OnItsWay> link;
    std::chrono::milliseconds free_at{0}, newest{-1};
    std::uint64_t acked = 0;
    for (std::chrono::milliseconds now{0}; now < 5min; ++now) {
        const framepipe::SteadyClock::time_point at{now};
        if (now.count() % 33 == 0) newest = now;
        for (OnItsWay& one : link) {
            if (one.arrived || one.arrives > now) continue;
            one.arrived = true;
            ++seen.pictures;
            if (now > 1s) seen.oldest = std::max(seen.oldest, now - one.stamp);
        }
        while (!link.empty() && link.front().arrives + trip <= now) {
            link.pop_front();
            window.acknowledge(++acked, at);
        }
        if (newest < 0ms || !window.open()) continue;
        window.sent(at);
        free_at = std::max(free_at, now) + transfer;
        link.push_back({newest, free_at + trip});
        newest = -1ms;
    }
    return seen;
}

}  // namespace

TEST_CASE("behind a slow link the window stays small for ever", "[serve]") {
    CHECK(watch(43ms, 0ms).oldest <= 2 * 43ms + 33ms);
    // A gap of the source may let the window open for a moment.
    CHECK(watch(43ms, 5ms).oldest <= 3 * 43ms + 33ms + 5ms);
    CHECK(watch(800ms, 10ms).oldest <= 2 * 800ms + 33ms + 10ms);
}

TEST_CASE("a long link carries nearly every picture, for ever", "[serve]") {
    CHECK(watch(8ms, 50ms).pictures > 300 * 30 * 98 / 100);
    CHECK(watch(8ms, 100ms).pictures > 300 * 30 * 95 / 100);
}
