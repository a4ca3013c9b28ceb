// Network cameras, played by a server in this process.
#include <thread>

#include "catch.hpp"
#include "frame/clock.hpp"
#include "frame/error.hpp"
#include "listening.hpp"
#include "source/fixtures.hpp"
#include "source/http_stream.hpp"
#include "source/source_kind.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

/// Answers each connection with the next of its responses, then closes; or keeps the last one open.
class Server {
public:
    explicit Server(std::vector<std::string> responses, bool keep_open = false) {
        thread_ = std::jthread([this, responses = std::move(responses), keep_open] {
            for (const auto& response : responses) {
                Descriptor client = listening_.accept();
                if (!client) return;
                std::string request;
                char c = 0;
                while (!request.ends_with("\r\n\r\n") && ::read(client.get(), &c, 1) == 1) request += c;
                requests.push_back(request);
                for (std::string_view rest = response; !rest.empty();) {
                    const ssize_t n = ::send(client.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
                    if (n <= 0) break;
                    rest.remove_prefix(static_cast<std::size_t>(n));
                }
                if (keep_open) kept_.push_back(std::move(client));
            }
        });
    }
    ~Server() { listening_.stop(); }

    std::string url(const std::string& rest = "/s.mjpg") const { return "http://" + listening_.address() + rest; }
    void finish() { thread_.join(); }

    std::vector<std::string> requests;  // after finish()

private:
    const Listening listening_;
    std::vector<Descriptor> kept_;
    std::jthread thread_;
};

std::string part(const std::string& picture) {
    return "--b\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(picture.size()) + "\r\n\r\n" + picture + "\r\n";
}

const std::string kMultipart = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n";

/// The body in chunks of `size` bytes.
std::string chunks(const std::string& body, std::size_t size) {
    std::string result;
    for (std::size_t at = 0; at < body.size(); at += size) {
        const auto some = body.substr(at, size);
        char length[32];
        std::snprintf(length, sizeof length, "%zx;x=y\r\n", some.size());
        result += length + some + "\r\n";
    }
    return result + "0\r\n\r\n";
}

}  // namespace

TEST_CASE("pictures of a multipart stream pass byte for byte", "[source]") {
    Server server({kMultipart + "\r\n" + part(kJpeg) + part(kJpeg) + "--b--\r\n"});
    HttpStream stream(server.url(), {});
    CHECK(stream.type() == "multipart/x-mixed-replace");
    for (int i = 0; i < 2; ++i) {
        const auto frame = stream.next();
        REQUIRE(frame);
        CHECK(frame->payload.text() == kJpeg);
        CHECK(frame->header.width() == 3);
    }
    CHECK_FALSE(stream.next());
    server.finish();
    CHECK_THAT(server.requests[0], ContainsSubstring("GET /s.mjpg HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST_CASE("the same in chunks of any size, with a line end before the first boundary", "[source]") {
    for (const std::size_t size : {1UL, 2UL, 7UL, 1000UL}) {
        INFO("chunks of " << size);
        Server server({kMultipart + "Transfer-Encoding: chunked\r\n\r\n" + chunks("\r\n" + part(kJpeg) + part(kJpeg), size)});
        HttpStream stream(server.url(), {});
        for (int i = 0; i < 2; ++i) {
            const auto frame = stream.next();
            REQUIRE(frame);
            CHECK(frame->payload.text() == kJpeg);
        }
        CHECK_FALSE(stream.next());
    }
}

TEST_CASE("redirections are followed, and not without end", "[source]") {
    Server target({"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + kPng});
    Server server(
        {"HTTP/1.1 302 Found\r\nLocation: /other\r\n\r\n", "HTTP/1.1 301 Moved\r\nLocation: " + target.url("/p.png") + "\r\n\r\n"});
    HttpStream stream(server.url(), {});
    CHECK(stream.type() == "image/png");
    const auto frame = stream.next();
    REQUIRE(frame);
    CHECK(frame->payload.text() == kPng);
    server.finish();
    CHECK_THAT(server.requests[1], ContainsSubstring("GET /other "));

    const std::string again = "HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n";
    Server endless({again, again, again, again, again, again});
    CHECK_THROWS_WITH(HttpStream(endless.url(), {}), ContainsSubstring("more than 5 redirections"));
}

TEST_CASE("answers that are none are told apart", "[source]") {
    const auto refused = [](const std::string& response) {
        Server server({response});
        try {
            HttpStream stream(server.url(), {});
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    CHECK_THAT(refused("HTTP/1.1 404 Not Found\r\n\r\n"), ContainsSubstring("/s.mjpg: the server answers \"404 Not Found\""));
    CHECK_THAT(
        refused(
            "HTTP/1.1 421 Misdirected Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 16\r\n\r\nby --allow-host\n"),
        ContainsSubstring("/s.mjpg: the server answers \"421 by --allow-host\""));
    CHECK_THAT(refused("HTTP/1.1 500 Oh\r\nContent-Type: text/plain\r\n\r\n"), ContainsSubstring("\"500 Oh\""));
    CHECK_THAT(refused("HTTP/1.1 401 No\r\n\r\n"), ContainsSubstring("wants a name and a password"));
    CHECK_THAT(refused("SSH-2.0-x\r\n\r\n"), ContainsSubstring("is no HTTP server"));
    CHECK_THAT(refused(""), ContainsSubstring("closed the connection without an answer"));
    CHECK_THAT(refused("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x')), ContainsSubstring("the answer's header has no end"));
    CHECK_THAT(refused("HTTP/1.1 302 Found\r\nLocation: ftp://u:p@x/\r\n\r\n"),
               ContainsSubstring("sends us on to ftp://x/, which is no http://"));
}

TEST_CASE("a server that falls silent is given up with the reason", "[source]") {
    Server server({kMultipart + "\r\n" + part(kJpeg) + part(kJpeg).substr(0, 60)}, true);
    HttpStream stream(server.url(), {.timeout = std::chrono::milliseconds(100)});
    REQUIRE(stream.next());
    CHECK_THROWS_WITH(stream.next(), Equals("the server sent nothing for 0.1 s"));
}

TEST_CASE("a stream can be let go while the server is silent", "[source]") {
    Server server({kMultipart + "\r\n"}, true);
    const auto start = SteadyClock::now();
    { HttpStream stream(server.url(), {}); }
    CHECK(SteadyClock::now() - start < std::chrono::seconds(9));
}

TEST_CASE("name and password go into the request and never into messages", "[source]") {
    Server server({"HTTP/1.1 403 Forbidden\r\n\r\n"});
    const auto url = "http://us%65r:p@ss@" + server.url("/").substr(7);
    try {
        HttpStream stream(url, {});
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK_THAT(error.what(), !ContainsSubstring("ss"));
    }
    server.finish();
    CHECK_THAT(server.requests[0], ContainsSubstring("\r\nAuthorization: Basic dXNlcjpwQHNz\r\n"));
}

TEST_CASE("a word on the command line is told what it is", "[source]") {
    CHECK(kind_of("test:") == SourceKind::pattern);
    CHECK(kind_of("-") == SourceKind::input);
    CHECK(kind_of("0") == SourceKind::camera);
    CHECK(kind_of("/dev/video7") == SourceKind::camera);
    CHECK(kind_of("/dev/v4l/by-id/x") == SourceKind::camera);
    CHECK(kind_of("http://x/") == SourceKind::http);
    CHECK(kind_of("ws://x/") == SourceKind::websocket);
    CHECK(kind_of("wss://x/") == SourceKind::websocket);
    CHECK(kind_of("rtsp://x/") == SourceKind::network);
    CHECK(kind_of("a%d.png") == SourceKind::file);
    CHECK(kind_of("/dev/shm/a.png") == SourceKind::file);
    CHECK_THROWS_WITH(kind_of("gopher://u:p@x/"), ContainsSubstring("unknown kind of source"));
    CHECK(camera_device("12") == "/dev/video12");
    CHECK(camera_device("/dev/video1") == "/dev/video1");
}
