#include "process/back_off.hpp"

#include "catch.hpp"

using framepipe::BackOff;
using namespace std::chrono_literals;

TEST_CASE("each wait is about twice the one before, up to the longest, and a run that lasted begins anew", "[process]") {
    BackOff back_off(1000ms, 30000ms, 10000ms);
    for (const auto about : {1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms}) {
        const auto wait = back_off.after(9999ms);
        CHECK(wait >= about * 3 / 4);
        CHECK(wait <= about * 5 / 4);
    }
    CHECK(back_off.after(10000ms) <= 1250ms);
    CHECK(back_off.after(0ms) >= 1500ms);
    back_off.reset();
    CHECK(back_off.after(0ms) <= 1250ms);
}

TEST_CASE("two that ended together do not come back together", "[process]") {
    BackOff one(1000ms, 30000ms, 10000ms), other(1000ms, 30000ms, 10000ms);
    int same = 0;
    for (int i = 0; i < 20; ++i) same += one.after(0ms) == other.after(0ms);
    CHECK(same < 10);
}
