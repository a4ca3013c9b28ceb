#include "frame/back_off.hpp"

#include "catch.hpp"

using framepipe::BackOff;
using namespace std::chrono_literals;

TEST_CASE("each wait is about twice the one before, up to the longest, and success begins anew", "[frame]") {
    BackOff back_off(1000ms, 30000ms);
    for (const auto about : {1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms}) {
        const auto wait = back_off.next();
        CHECK(wait >= about * 3 / 4);
        CHECK(wait <= about * 5 / 4);
    }
    back_off.reset();
    CHECK(back_off.next() <= 1250ms);
    CHECK(back_off.next() >= 1500ms);
}

TEST_CASE("two that ended together do not come back together", "[frame]") {
    BackOff one(1000ms, 30000ms), other(1000ms, 30000ms);
    int same = 0;
    for (int i = 0; i < 20; ++i) same += one.next() == other.next();
    CHECK(same < 10);
}
