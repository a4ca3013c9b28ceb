#include "serve/ack_window.hpp"

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
