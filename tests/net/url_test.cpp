// Addresses of servers.
#include "net/url.hpp"
#include "catch.hpp"
#include "frame/error.hpp"

using namespace framepipe;

TEST_CASE("addresses are taken apart", "[net]") {
    const auto url = HttpUrl::parse("http://[::1]:8080/a?b=c#d");
    CHECK(url.host == "::1");
    CHECK(url.port == "8080");
    CHECK(url.target == "/a?b=c");
    CHECK(url.host_header == "[::1]:8080");
    CHECK(HttpUrl::parse("http://cam").target == "/");
    CHECK(HttpUrl::parse("http://cam").port == "80");
    CHECK(HttpUrl::parse("http://cam?x").target == "/?x");
    for (const auto* bad : {"http://", "http://:80/", "http://a:/", "http://a:b/", "http://[::1/", "http://a/\r\nX: y", "https://a"}) {
        INFO(bad);
        CHECK_THROWS_AS(HttpUrl::parse(bad), UsageError);
    }
    CHECK(HttpUrl::parse("http://a:65535/").port == "65535");
    for (const auto* bad : {"http://a:0", "http://a:65536", "http://[::1]:99999/x", "http://a:99999999999999999999"})
        CHECK_THROWS_WITH(HttpUrl::parse(bad), Equals(std::string("not an address: ") + bad + "; its port is a number from 1 to 65535"));
}

TEST_CASE("each scheme has its port, and only those asked for are taken", "[net]") {
    const auto url = HttpUrl::parse("wss://h/ws", {"ws", "wss"});
    CHECK(url.scheme == "wss");
    CHECK(url.secure());
    CHECK(url.port == "443");
    CHECK_FALSE(HttpUrl::parse("ws://h", {"ws", "wss"}).secure());
    CHECK(HttpUrl::parse("ws://h", {"ws", "wss"}).port == "80");
    CHECK_THROWS_WITH(HttpUrl::parse("http://u:p@h", {"ws", "wss"}),
                      Equals("not an address: http://h; it has the form ws://host:port/path"));
}

TEST_CASE("parameters of an address are found and taken out", "[net]") {
    auto url = HttpUrl::parse("http://h/ws?stream=a%20b&x&streams=c");
    CHECK(url.parameter("stream") == "a b");
    CHECK(url.parameter("x") == "");
    CHECK(url.parameter("streams") == "c");
    CHECK_FALSE(url.parameter("s"));
    url.drop_parameter("x");
    CHECK(url.target == "/ws?stream=a%20b&streams=c");
    url.drop_parameter("streams");
    CHECK(url.target == "/ws?stream=a%20b");
    url.drop_parameter("nothing");
    url.drop_parameter("stream");
    CHECK(url.target == "/ws");
    url.set_parameter("stream", "a b&c");
    CHECK(url.target == "/ws?stream=a%20b%26c");
    url.set_parameter("x", "1");
    url.set_parameter("stream", "d");
    CHECK(url.target == "/ws?x=1&stream=d");
}

TEST_CASE("what messages show of an address has no password", "[net]") {
    CHECK(shown_address("rtsp://u:p@h/x@y") == "rtsp://h/x@y");
    CHECK(shown_address("rtsp://h/x@y") == "rtsp://h/x@y");
    CHECK(shown_address("a@b") == "a@b");
    CHECK(HttpUrl::parse("http://u:p@h:80/a?b&token=c").shown() == "http://h:80/a?b");
}
