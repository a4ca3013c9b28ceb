// The client beside a server whose every byte the test chooses.
#include <atomic>
#include <cstring>
#include <functional>
#include <future>
#include <thread>

#include "catch.hpp"
#include "frame/descriptor.hpp"
#include "frame/error.hpp"
#include "listening.hpp"
#include "net/not_there.hpp"
#include "net/websocket_client.hpp"
#include "serve/websocket.hpp"

using namespace framepipe;
using namespace std::chrono_literals;
using serve::Opcode;

namespace {

/// One connection of the server, after its handshake if it makes one.
class Peer {
public:
    explicit Peer(Descriptor socket) : socket_(std::move(socket)) {
        char c = 0;
        while (!request.ends_with("\r\n\r\n") && ::read(socket_.get(), &c, 1) == 1) request += c;
    }

    void accept(const std::string& headers = {}) {
        const std::string name = "\r\nSec-WebSocket-Key: ";
        const auto key = request.substr(request.find(name) + name.size(), 24);
        send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
             serve::websocket_accept(key).value_or("no key") + "\r\n" + headers + "\r\n");
    }
    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    void send(Opcode opcode, const std::string& payload) const { send(serve::websocket_head(opcode, payload.size()) + payload); }

    /// The next message of the client; a close at the end of the connection too.
    std::pair<Opcode, std::string> message() {
        while (messages_.empty()) {
            char some[65536];
            const ssize_t n = ::read(socket_.get(), some, sizeof some);
            if (n <= 0) return {Opcode::close, "no close frame"};
            const auto wrong = reader_.read({some, static_cast<std::size_t>(n)}, [&](const serve::WebSocketReader::Message& message) {
                messages_.emplace_back(message.opcode, std::string(message.payload));
            });
            if (wrong) return {Opcode::close, wrong->text};
        }
        auto first = std::move(messages_.front());
        messages_.erase(messages_.begin());
        return first;
    }

    std::string request;

private:
    Descriptor socket_;
    serve::WebSocketReader reader_{64 << 20};
    std::vector<std::pair<Opcode, std::string>> messages_;
};

/// Listens on a port of its own, and gives its one connection to the test's function, in a thread.
class Server {
public:
    explicit Server(std::function<void(Peer&)> talk) {
        thread_ = std::jthread([this, talk = std::move(talk)] {
            Descriptor client = listening_.accept();
            if (!client) return;
            Peer peer(std::move(client));
            talk(peer);
        });
    }
    ~Server() { listening_.stop(); }

    HttpUrl url(const std::string& rest = "/ws", const std::string& user = {}) const {
        return HttpUrl::parse("ws://" + user + listening_.address() + rest, {"ws", "wss"});
    }
    void finish() { thread_.join(); }

private:
    const framepipe_test::Listening listening_;
    std::jthread thread_;
};

auto soon() {
    return SteadyClock::now() + 60s;
}

/// The message of an error that the client throws.
std::string failure(const std::function<void()>& attempt) {
    try {
        attempt();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("the handshake says what was asked for, and what the server chose is known", "[net]") {
    std::string request;
    Server server([&](Peer& peer) {
        request = peer.request;
        peer.accept("Sec-WebSocket-Protocol: framepipe.v1\r\n");
        peer.message();
    });
    WebSocketClient client(server.url("/ws?stream=a"), {.subprotocol = "framepipe.v1", .token = "secret"});
    CHECK(client.subprotocol() == "framepipe.v1");
    client.close();
    server.finish();
    CHECK_THAT(request, ContainsSubstring("GET /ws?stream=a HTTP/1.1\r\n"));
    CHECK_THAT(request, ContainsSubstring("Authorization: Bearer secret\r\n"));
    CHECK_THAT(request, ContainsSubstring("Sec-WebSocket-Protocol: framepipe.v1\r\n"));
    CHECK_THAT(request, ContainsSubstring("Host: 127.0.0.1:"));
    CHECK_THAT(request, !ContainsSubstring("Origin"));
}

TEST_CASE("a name and a password in the address are sent where there is no token", "[net]") {
    std::string request;
    Server server([&](Peer& peer) {
        request = peer.request;
        peer.accept();
    });
    const WebSocketClient client(server.url("/", "user:p@ss@"));
    CHECK(client.subprotocol().empty());
    server.finish();
    CHECK_THAT(request, ContainsSubstring("Authorization: Basic dXNlcjpwQHNz\r\n"));
}

TEST_CASE("messages of any length come and go as they are", "[net]") {
    Server server([](Peer& peer) {
        peer.accept();
        for (auto [opcode, payload] = peer.message(); opcode != Opcode::close; std::tie(opcode, payload) = peer.message()) {
            // In two fragments, with a ping between them.
            const auto half = payload.size() / 2;
            std::string head = serve::websocket_head(opcode, half);
            head[0] = static_cast<char>(head[0] & 0x7F);
            peer.send(head + payload.substr(0, half));
            peer.send(Opcode::ping, "x");
            peer.send(Opcode::continuation, payload.substr(half));
            while (peer.message() != std::pair(Opcode::pong, std::string("x"))) {
            }
        }
    });
    WebSocketClient client(server.url());
    for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 65535UL, 65536UL, 3'000'000UL}) {
        INFO(size << " bytes");
        const std::string words(size, 'w');
        client.send_text(words);
        auto back = client.receive(soon());
        REQUIRE(back);
        CHECK(back->is_text);
        CHECK(back->payload.text() == words);
        const auto bytes = Bytes::copy_of(std::string(size, '\xff'));
        client.send_binary({bytes.span().first(size / 3), bytes.span().subspan(size / 3)});
        back = client.receive(soon());
        REQUIRE(back);
        CHECK_FALSE(back->is_text);
        CHECK(back->payload.text() == bytes.text());
    }
    client.close();
}

TEST_CASE("waiting for a message ends at its time, and when somebody wakes it", "[net]") {
    std::promise<void> go;
    Server server([&](Peer& peer) {
        peer.accept();
        go.get_future().wait();
        peer.send(Opcode::text, "at last");
        peer.message();
    });
    WebSocketClient client(server.url());
    CHECK_FALSE(client.receive(SteadyClock::now() + 1ms));
    std::thread waker([&] { client.wake(); });
    CHECK_FALSE(client.receive(SteadyClock::now() + 1h));
    waker.join();
    go.set_value();
    const auto message = client.receive(soon());
    REQUIRE(message);
    CHECK(message->payload.text() == "at last");
}

TEST_CASE("whoever waits is told to stop", "[net]") {
    Server server([](Peer& peer) {
        peer.accept();
        peer.message();
    });
    std::stop_source stop;
    WebSocketClient client(server.url(), {}, stop.get_token());
    std::jthread stopper([&] { stop.request_stop(); });
    CHECK(failure([&] { client.receive(SteadyClock::now() + 1h); }) == "told to stop");
    client.close();
}

TEST_CASE("a server that refuses is quoted", "[net]") {
    const auto refused = [](const std::string& answer, const std::string& token = {}) {
        Server server([&](Peer& peer) { peer.send(answer); });
        return failure([&] { WebSocketClient(server.url("/ws?token=abc"), {.token = token}); });
    };
    CHECK_THAT(refused("HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\nnothing here"),
               ContainsSubstring("/ws: the server answers \"404 nothing here\""));
    CHECK_THAT(refused("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), ContainsSubstring("\"403 Forbidden\""));
    CHECK_THAT(refused("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"), ContainsSubstring("wants a token"));
    CHECK_THAT(refused("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), ContainsSubstring("\"200 hi\""));
    CHECK_THAT(refused("SSH-2.0-x\r\n\r\n"), ContainsSubstring("is no WebSocket server"));
    CHECK_THAT(refused("HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n"),
               ContainsSubstring("is no WebSocket server"));
    CHECK_THAT(refused(""), ContainsSubstring("closed the connection"));
    CHECK_THAT(refused("", "s3cret"), !ContainsSubstring("s3cret"));
}

TEST_CASE("nobody there, and a host that does not exist", "[net]") {
    CHECK(failure([] { WebSocketClient(HttpUrl::parse("ws://127.0.0.1:1/x", {"ws"})); }) ==
          "cannot connect to ws://127.0.0.1:1/x: connection refused");
    CHECK_THROWS_AS(WebSocketClient(HttpUrl::parse("ws://127.0.0.1:1/x", {"ws"})), NotThereError);
    CHECK_THAT(failure([] { WebSocketClient(HttpUrl::parse("ws://no-such-host.invalid/", {"ws"})); }),
               ContainsSubstring("cannot find the host no-such-host.invalid"));
}

TEST_CASE("who may be there later is told from who refuses", "[net]") {
    const auto may_come = [](const std::string& status) {
        Server server([&](Peer& peer) { peer.send("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n"); });
        try {
            const WebSocketClient client(server.url());
        } catch (const NotThereError&) {
            return true;
        } catch (const Error&) {
        }
        return false;
    };
    for (const auto* status : {"502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"}) CHECK(may_come(status));
    for (const auto* status : {"200 OK", "401 Unauthorized", "403 Forbidden", "404 Not Found", "500 Sorry"}) CHECK_FALSE(may_come(status));
}

TEST_CASE("a server that does not answer is given up", "[net]") {
    std::promise<void> over;
    Server server([&](Peer&) { over.get_future().wait(); });
    CHECK_THAT(failure([&] { WebSocketClient(server.url(), {.timeout = 50ms}); }), ContainsSubstring("no answer for 0.05 s"));
    over.set_value();
}

TEST_CASE("the ways in which a connection ends are told apart", "[net]") {
    const auto end = [](const std::function<void(Peer&)>& talk) {
        Server server([&](Peer& peer) {
            peer.accept();
            talk(peer);
        });
        WebSocketClient client(server.url(), {.max_message = 1000, .timeout = 100ms});
        return failure([&] { client.receive(soon()); });
    };
    CHECK(end([](Peer& peer) { peer.send(serve::websocket_close(1008, "too slow")); }) ==
          "the server closed the connection (1008): \"too slow\"");
    CHECK_THAT(end([](Peer&) {}), ContainsSubstring("the server closed the connection"));
    CHECK(end([](Peer& peer) {
              peer.send(serve::websocket_head(Opcode::binary, 1001));
              peer.message();
          }) == "a message is over the limit of 1000 bytes (--max-frame)");
    CHECK(end([](Peer& peer) { peer.send(Opcode::text, "\xff"); }) != "no error");
    CHECK(end([](Peer& peer) { peer.send("\xf1garbage"); }) != "no error");
    CHECK(end([](Peer& peer) {
              while (peer.message().first != Opcode::close) {
              }
          }) == "the server sent nothing for 0.1 s");
}

TEST_CASE("pings keep a silent server that answers them", "[net]") {
    std::atomic<int> pings = 0;
    Server server([&](Peer& peer) {
        peer.accept();
        for (auto message = peer.message(); message.first != Opcode::close; message = peer.message()) {
            if (message.first != Opcode::ping) continue;
            peer.send(Opcode::pong, message.second);
            if (++pings == 3) peer.send(Opcode::text, "enough");
        }
    });
    WebSocketClient client(server.url(), {.timeout = 2s});
    const auto message = client.receive(soon());
    REQUIRE(message);
    CHECK(message->payload.text() == "enough");
    client.close();
}

TEST_CASE("a server that takes nothing is given up while sending", "[net]") {
    std::promise<void> over;
    Server server([&](Peer& peer) {
        peer.accept();
        over.get_future().wait();
    });
    WebSocketClient client(server.url(), {.timeout = 100ms});
    const std::vector<std::byte> much(64 << 20);
    CHECK_THAT(failure([&] { client.send_binary({much}); }), ContainsSubstring("the server"));
    over.set_value();
}
