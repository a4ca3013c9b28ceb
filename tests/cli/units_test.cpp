#include "cli/units.hpp"
#include "catch.hpp"
#include "frame/error.hpp"

using namespace framepipe;
using namespace std::chrono_literals;

TEST_CASE("durations are what people write", "[cli]") {
    CHECK(parse_duration("500ms") == 500ms);
    CHECK(parse_duration("10s") == 10s);
    CHECK(parse_duration("2m") == 2min);
    CHECK(parse_duration("1.5h") == 90min);
    CHECK(parse_duration("3") == 3s);
    CHECK(parse_duration("0") == 0s);
    for (const char* bad : {"", "s", "-1s", "1 s", "10x", "nan", "inf", "1e3", "999999999999h", "0x10"}) {
        INFO(bad);
        CHECK_THROWS_AS(parse_duration(bad), UsageError);
    }
}

TEST_CASE("sizes have binary and decimal units", "[cli]") {
    CHECK(parse_bytes("64KiB") == 65536);
    CHECK(parse_bytes("64K") == 65536);
    CHECK(parse_bytes("8MB") == 8000000);
    CHECK(parse_bytes("1.5GiB") == 1610612736);
    CHECK(parse_bytes("512") == 512);
    for (const char* bad : {"", "B", "-1", "1.5", "5XB", "99999999999GB", "64 KiB"}) {
        INFO(bad);
        CHECK_THROWS_AS(parse_bytes(bad), UsageError);
    }
}

TEST_CASE("picture sizes have two sides within what any format can hold", "[cli]") {
    CHECK(parse_size("640x480").width == 640);
    CHECK(parse_size("1x65535").height == 65535);
    for (const char* bad : {"", "640", "0x480", "640x", "640x65536", "-1x1", "640X480", "640x480x3"}) {
        INFO(bad);
        CHECK_THROWS_WITH(parse_size(bad), ContainsSubstring("picture size"));
    }
}

TEST_CASE("addresses to listen on", "[cli]") {
    CHECK(parse_listen("localhost:8080").host == "localhost");
    CHECK(parse_listen(":0").host.empty());
    CHECK(parse_listen("[::1]:9").host == "::1");
    CHECK(parse_listen("9000").host == "localhost");
    CHECK(parse_listen("9000").port == 9000);
    CHECK(parse_listen("9000").file.empty());
    CHECK(parse_listen("unix:/run/a:b").file == "/run/a:b");
    CHECK(parse_listen("unix:8080").file == "8080");
    for (const char* bad : {"", "localhost", "localhost:", ":65536", "a:-1", "::1:80", "[::1]", "[::1", "[]x:1", "unix:"}) {
        INFO(bad);
        CHECK_THROWS_AS(parse_listen(bad), UsageError);
    }
}
