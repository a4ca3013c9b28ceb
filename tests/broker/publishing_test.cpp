// What a publisher says of itself, and what it learns of a broker.
#include "broker/announcement.hpp"
#include "broker/size_limit.hpp"
#include "catch.hpp"

using namespace framepipe;
using namespace framepipe::broker;
using namespace std::chrono_literals;

namespace {

const SteadyClock::time_point kStart{100s};

}  // namespace

TEST_CASE("info says type and size at once, and the rate when it is known or changes", "[broker]") {
    Info info;
    Header header("image/jpeg");
    header.set("width", std::int64_t{640});
    header.set("height", std::int64_t{480});
    CHECK(info.note(header, kStart));
    CHECK(info.text() == R"({"type":"image/jpeg","width":640,"height":480})");
    int told = 0;
    for (int i = 1; i <= 400; ++i) told += info.note(header, kStart + i * 100ms);
    CHECK(told == 1);
    CHECK(info.text() == R"({"type":"image/jpeg","width":640,"height":480,"fps":10})");
    told = 0;
    for (int i = 1; i <= 100; ++i) told += info.note(header, kStart + 40s + i * 200ms);
    CHECK(told >= 1);
    CHECK(info.text().find(R"("fps":5)") != std::string::npos);
    header.set("width", std::int64_t{320});
    CHECK(info.note(header, kStart + 70s));
}

TEST_CASE("Home Assistant's ids are of different streams never the same", "[broker]") {
    const auto id = [](const char* stream) { return home_assistant("homeassistant", Topics::of("p", stream), stream).topic; };
    CHECK(id("door") == "homeassistant/camera/p_door/config");
    CHECK(id("a b") != id("a_b"));
    CHECK(id("a/b") != id("a_b"));
}

TEST_CASE("a size at which the connection ended three times is too large, if none as large was taken", "[broker]") {
    SizeLimit limit;
    auto now = kStart;
    const auto breaks_at = [&](std::uint64_t size) {
        now += 10s;
        limit.sent(size, now);
        return limit.ended(now + 100ms);
    };
    limit.sent(5000, now);
    CHECK_FALSE(breaks_at(4000));
    for (const std::uint64_t size : {9000, 8000}) CHECK_FALSE(breaks_at(size));
    CHECK(limit.allows(10'000));
    CHECK(breaks_at(9500));
    CHECK(limit.limit() == 8000);
    CHECK((limit.allows(7999) && !limit.allows(8000)));
}

TEST_CASE("a broker that restarts has no limit", "[broker]") {
    SizeLimit limit;
    auto now = kStart;
    for (int i = 0; i < 10; ++i) {
        limit.sent(9000, now);
        CHECK_FALSE(limit.ended(now + 5s));
        now += 60s;
    }
    for (int i = 0; i < 10; ++i) {
        limit.sent(9000, now);
        CHECK_FALSE(limit.ended(now + 10ms));
        now += 60s;
    }
    CHECK(limit.allows(1'000'000));
}
