#include "serve/access.hpp"

#include "catch.hpp"

using namespace framepipe::serve;

namespace {

Request request(std::string_view headers) {
    const auto parsed = parse_request("GET /ws HTTP/1.1\r\n" + std::string(headers) + "\r\n");
    REQUIRE(parsed);
    return *parsed;
}

bool origin_passes(const Access& access, const std::string& host, const std::string& origin) {
    return !access.check_origin(request("Host: " + host + "\r\nOrigin: " + origin + "\r\n"));
}

}  // namespace

TEST_CASE("a page may connect to the server that it came from, whatever the spelling", "[serve]") {
    const Access access({}, "box");
    CHECK(origin_passes(access, "localhost:8080", "http://localhost:8080"));
    CHECK(origin_passes(access, "LocalHost:8080", "http://localhost:8080"));
    CHECK(origin_passes(access, "box", "http://box"));
    CHECK(origin_passes(access, "box:80", "http://box"));
    CHECK(origin_passes(access, "box", "https://box:443"));
    CHECK(origin_passes(access, "[::1]:8080", "http://[::1]:8080"));
    CHECK_FALSE(origin_passes(access, "[::1]", "http://[::1]:8080"));
    CHECK_FALSE(origin_passes(access, "localhost:8080", "http://localhost:8081"));
    CHECK_FALSE(origin_passes(access, "localhost:8080", "http://localhost:8080.evil.example"));
    CHECK_FALSE(origin_passes(access, "localhost:8080", "localhost:8080"));
    CHECK_FALSE(origin_passes(access, "localhost:8080", "null"));
}

TEST_CASE("allowed origins are matched whole, and a star is all of them", "[serve]") {
    const Access some({.allow_origins = {"https://Good.example/", "null"}, .allow_hosts = {}, .token = {}}, "box");
    CHECK(origin_passes(some, "box", "null"));
    CHECK_FALSE(origin_passes(some, "box", "https://good.example.evil"));
    CHECK_FALSE(origin_passes(some, "box", "http://good.example"));
    const Access all({.allow_origins = {"*"}, .allow_hosts = {}, .token = {}}, "box");
    CHECK(origin_passes(all, "box", "http://any.example"));
    CHECK(origin_passes(all, "box", "null"));
}

TEST_CASE("a host name that a rebinding page would use is refused by name", "[serve]") {
    const Access access({.allow_origins = {}, .allow_hosts = {"MY.example"}, .token = {}}, "Box");
    for (const char* good : {"box", "BOX:1", "box.local", "box.", "127.0.0.1", "[fe80::1%25eth0]:1", "my.example", "a.localhost"}) {
        INFO(good);
        CHECK_FALSE(access.check_host(request("Host: " + std::string(good) + "\r\n"), {}));
    }
    for (const char* bad : {"evil.example", "box.evil", "1.2.3.4.evil", ""}) {
        INFO(bad);
        const auto denial = access.check_host(request("Host: " + std::string(bad) + "\r\n"), {});
        REQUIRE(denial);
        CHECK(denial->status == 421);
        CHECK_THAT(denial->text, ContainsSubstring("--allow-host " + std::string(bad)));
    }
}

TEST_CASE("by a Unix socket every host name is right, but pages come from one", "[serve]") {
    const Access access({}, "box");
    const Peer proxy{.by_unix_socket = true};
    CHECK_FALSE(access.check_host(request("Host: any.example\r\n"), proxy));
    CHECK(access.check_host(request("X: y\r\n"), proxy)->status == 400);
    CHECK(origin_passes(access, "any.example", "https://any.example"));
    CHECK_FALSE(origin_passes(access, "any.example", "https://other.example"));
}

TEST_CASE("what a peer sends is shown on one line, and not for long", "[serve]") {
    const Access access({}, "box");
    Request request;
    request.headers = {{"host", "evil\x1b[2J\n" + std::string(500, 'x')}};
    const auto denial = access.check_host(request, {});
    REQUIRE(denial);
    CHECK(denial->text.size() < 400);
    CHECK(denial->text.find('\n') == std::string::npos);
    CHECK(denial->text.find('\x1b') == std::string::npos);
}

TEST_CASE("a token matches whole or not at all", "[serve]") {
    const Access access({.allow_origins = {}, .allow_hosts = {}, .token = "abc"}, "box");
    const auto passes = [&](const std::string& header) { return !access.check_token(request("Host: box\r\n" + header)); };
    CHECK(passes("Authorization: Bearer abc\r\n"));
    CHECK(passes("authorization: bearer abc\r\n"));
    for (const char* bad : {"", "Authorization: Bearer \r\n", "Authorization: Bearer ab\r\n", "Authorization: Bearer abcabc\r\n",
                            "Authorization: abc\r\n", "Authorization: Basic abc\r\n"}) {
        INFO(bad);
        CHECK_FALSE(passes(bad));
    }
    Request asked;
    asked.query = "x=1&token=a%62c";
    CHECK_FALSE(access.check_token(asked));
    asked.query = "token=";
    CHECK(access.check_token(asked));
}
