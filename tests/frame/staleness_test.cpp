#include "frame/staleness.hpp"

#include "catch.hpp"

using framepipe::Header;
using framepipe::Staleness;

namespace {

Header header(std::int64_t time_us, const char* stream = "") {
    Header header("image/jpeg");
    header.set("time_us", time_us);
    header.set("stream", stream);
    header.stamp_stage("capture", time_us);
    return header;
}

}  // namespace

TEST_CASE("late is measured against the stream's own least, not against our clock", "[frame]") {
    Staleness staleness;
    const std::int64_t hour = 3600000000;  // by which the other machine's clock is behind
    staleness.note(header(1000), hour + 1000 + 30000);
    staleness.note(header(2000), hour + 2000 + 90000);
    CHECK_FALSE(staleness.is_stale(header(3000), hour + 3000 + 30000 + 250000));
    CHECK(staleness.is_stale(header(3000), hour + 3000 + 30000 + 250001));
    CHECK_FALSE(staleness.can_tell(header(1, "other")));
    CHECK_FALSE(staleness.can_tell(Header("image/jpeg")));
    CHECK(staleness.lateness_us(header(3000), hour + 3000 + 30007) == 7);
    CHECK_FALSE(staleness.lateness_us(Header("image/jpeg"), hour));
}

TEST_CASE("a path that became longer for good is the new measure after a while", "[frame]") {
    Staleness staleness;
    staleness.note(header(0), 1000);
    CHECK(staleness.is_stale(header(0), 500000));
    for (int i = 0; i < 130; ++i) staleness.note(header(0), 500000);
    CHECK_FALSE(staleness.is_stale(header(0), 500000));
}
