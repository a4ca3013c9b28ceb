#include "serve/access.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "frame/error.hpp"

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

bool may_watch(const Access& access, const Request& request) {
    return !access.check(access.identify(request), Right::view, std::nullopt);
}

/// What whoever shows this token may do: "v:STREAM" and "p:STREAM" of these.
std::string rights(const Access& access, const std::string& token, const std::vector<std::string>& streams) {
    Request asked;
    asked.query = "token=" + token;
    const Identity who = access.identify(asked);
    std::string text;
    for (const std::string& stream : streams) {
        if (!access.check(who, Right::view, stream)) text += "v:" + stream + " ";
        if (!access.check(who, Right::publish, stream)) text += "p:" + stream + " ";
    }
    return text;
}

/// A file of tokens that goes with its test.
struct TokenFile {
    explicit TokenFile(const std::string& text) { std::ofstream(path) << text; }
    ~TokenFile() { std::filesystem::remove(path); }
    const std::string path = std::filesystem::temp_directory_path() / ("framepipe-tokens-" + std::to_string(getpid()));
};

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
    const auto passes = [&](const std::string& header) { return may_watch(access, request("Host: box\r\n" + header)); };
    CHECK(passes("Authorization: Bearer abc\r\n"));
    CHECK(passes("authorization: bearer abc\r\n"));
    for (const char* bad : {"", "Authorization: Bearer \r\n", "Authorization: Bearer ab\r\n", "Authorization: Bearer abcabc\r\n",
                            "Authorization: abc\r\n", "Authorization: Basic abc\r\n"}) {
        INFO(bad);
        CHECK_FALSE(passes(bad));
    }
    Request asked;
    asked.query = "x=1&token=a%62c";
    CHECK(may_watch(access, asked));
    asked.query = "token=";
    CHECK_FALSE(may_watch(access, asked));
}

TEST_CASE("a token opens the streams of its lines and no others", "[serve]") {
    const TokenFile file(
        "# who  may what\n\nw1 view door\r\nw1 view garden*\n  w2\tview  *\np1 publish door\nboth view door\nboth publish cam [12]\n");
    const Access access({.allow_origins = {}, .allow_hosts = {}, .token = {}, .tokens_file = file.path}, "box");
    const std::vector<std::string> streams{"", "door", "garden", "garden/north", "cam 1", "cam 3"};
    CHECK(rights(access, "w1", streams) == "v:door v:garden v:garden/north ");
    CHECK(rights(access, "w2", streams) == "v: v:door v:garden v:garden/north v:cam 1 v:cam 3 ");
    CHECK(rights(access, "p1", streams) == "p:door ");
    CHECK(rights(access, "both", streams) == "v:door p:cam 1 ");
    for (const char* none : {"", "w", "w11", "#", "view", "door"}) CHECK(rights(access, none, streams).empty());

    Request asked;
    asked.query = "token=w1";
    const Identity who = access.identify(asked);
    CHECK(access.check(who, Right::view, "cam")->status == 403);
    CHECK(access.check(who, Right::publish, std::nullopt)->status == 403);
    CHECK(access.check_all(who, Right::view)->status == 403);
    CHECK(access.check(access.identify({}), Right::view, "door")->status == 401);
    asked.query = "token=w2";
    CHECK_FALSE(access.check_all(access.identify(asked), Right::view));
}

TEST_CASE("tokens of producers alone leave the viewers free", "[serve]") {
    const TokenFile file("p1 publish door\n");
    const Access access({.allow_origins = {}, .allow_hosts = {}, .token = {}, .tokens_file = file.path}, "box");
    CHECK(rights(access, "", {"door"}) == "v:door ");
    CHECK(rights(access, "p1", {"door", "x"}) == "v:door p:door v:x ");
    const Access with_publish_token({.allow_origins = {}, .allow_hosts = {}, .token = {}, .publish_token = "secret"}, "box");
    CHECK(rights(with_publish_token, "", {"door"}) == "v:door ");
    CHECK(rights(with_publish_token, "secret", {"door"}) == "v:door p:door ");
    const Access with_both({.allow_origins = {}, .allow_hosts = {}, .token = "view", .publish_token = "secret"}, "box");
    CHECK(rights(with_both, "view", {"door"}) == "v:door ");
    CHECK(rights(with_both, "secret", {"door"}) == "p:door ");
    const Access with_token({.allow_origins = {}, .allow_hosts = {}, .token = "view"}, "box");
    CHECK(rights(with_token, "view", {"door"}) == "v:door p:door ");
    CHECK(rights(Access({}, "box"), "", {"door"}) == "v:door p:door ");
}

TEST_CASE("a file of tokens is read again, and a broken one changes nothing", "[serve]") {
    const TokenFile file("old view *\n");
    Access access({.allow_origins = {}, .allow_hosts = {}, .token = {}, .tokens_file = file.path}, "box");
    CHECK(rights(access, "old", {"x"}) == "v:x ");
    for (const auto* broken : {"new\n", "new view\n", "new look *\n", "fine view *\nnew view \t\n"}) {
        std::ofstream(file.path) << broken;
        const std::string line = std::string(broken).starts_with("fine") ? "line 2" : "line 1";
        CHECK_THROWS_WITH(access.reload_tokens(), "cannot read the tokens in " + file.path + ": " + line +
                                                      " is not of the form TOKEN view|publish STREAM, with * for all streams");
        CHECK(rights(access, "old", {"x"}) == "v:x ");
    }
    std::filesystem::remove(file.path);
    CHECK_THROWS_WITH(access.reload_tokens(), "cannot read the tokens in " + file.path + ": no such file or directory");
    std::ofstream(file.path) << "new view *\n";
    access.reload_tokens();
    CHECK(rights(access, "old", {"x"}).empty());
    CHECK(rights(access, "new", {"x"}) == "v:x ");
    std::ofstream(file.path) << "";
    access.reload_tokens();
    CHECK(rights(access, "", {"x"}).empty());  // all were taken away
    CHECK_THROWS_WITH(Tokens::read("/"), ContainsSubstring("cannot read the tokens in /: "));
}
