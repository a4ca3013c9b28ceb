#include "frame/natural_order.hpp"

#include "catch.hpp"

using namespace framepipe;

TEST_CASE("names sort as people count", "[frame]") {
    CHECK(natural_less("a2", "a10"));
    CHECK_FALSE(natural_less("a10", "a2"));
    CHECK(natural_less("a", "a1"));
    CHECK(natural_less("a9b", "a10a"));
    CHECK(natural_less("a007", "a8"));
    CHECK(natural_less("a1", "a01"));
    CHECK(natural_less("a01b1", "a1b2"));
    CHECK(natural_less("x99999999999999999999999998", "x99999999999999999999999999"));
    CHECK_FALSE(natural_less("a1", "a1"));
    CHECK(natural_less("A", "a"));
    CHECK(natural_less("a", "\xc3\xa4"));
}
