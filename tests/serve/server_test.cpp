#include "serve/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "catch.hpp"
#include "frame/error.hpp"

using namespace framepipe;
using namespace framepipe::serve;
using namespace std::chrono_literals;

namespace {

/// Is told of demand in viewers' threads, and fails there once when it is to.
class Failing final : public Feeder {
public:
    void on_lost(const std::string&) override {}
    void on_wanted(bool is) override {
        wanted = is;
        if (fails.exchange(false)) throw std::runtime_error("out of luck");
    }
    std::atomic<bool> wanted{false};
    std::atomic<bool> fails{false};
};

/// A server that runs.
struct Running {
    explicit Running(Failing& feeder) : hub(server.hub()) {
        hub->attach(feeder);
        ended = std::async(std::launch::async, [this] { server.run(); });
    }
    static ServerOptions options() {
        ServerOptions all;
        all.listen.push_back({"127.0.0.1", 0});
        all.threads = 2;
        return all;
    }

    Server server{options(), {}};
    std::shared_ptr<Hub> hub;
    std::future<void> ended;
};

/// A client of it.
class Client {
public:
    Client(const Running& running, const std::string& path) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(running.server.places().front().address.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        REQUIRE(::write(socket_.get(), request.data(), request.size()) == static_cast<ssize_t>(request.size()));
    }
    /// Reads until it has these words, or the connection ends.
    /// returns  true if it has them
    bool reads(const std::string& words) {
        char some[4096];
        while (text_.find(words) == std::string::npos) {
            const ssize_t n = ::read(socket_.get(), some, sizeof some);
            if (n <= 0) return false;
            text_.append(some, static_cast<std::size_t>(n));
        }
        return true;
    }

private:
    Descriptor socket_;
    std::string text_;
};

Frame picture() {
    return {Header("image/jpeg"), Bytes::copy_of("picture")};
}

}  // namespace

TEST_CASE("a viewer whose work fails is let go, and the others stay", "[serve]") {
    Failing feeder;
    Running running(feeder);
    running.hub->publish(picture());
    Client other(running, "/stream.mjpg");
    REQUIRE(other.reads("picture"));
    feeder.fails = true;
    CHECK_FALSE(Client(running, "/stream.mjpg?stream=another").reads("picture"));
    CHECK(Client(running, "/metrics").reads("refusals_total{reason=\"failed\"} 1"));
    running.hub->publish({Header("image/jpeg"), Bytes::copy_of("the next")});
    CHECK(other.reads("the next"));
    running.server.stop();
    CHECK_NOTHROW(running.ended.get());
}

TEST_CASE("a thread of viewers that fails ends the server, which says why", "[serve]") {
    Failing feeder;
    Running running(feeder);
    Client looking(running, "/snapshot.jpg");
    // It looks for a stream time and again; when there is one, it wants that.
    while (!feeder.wanted) std::this_thread::sleep_for(1ms);
    feeder.fails = true;
    running.hub->publish(picture());
    REQUIRE(running.ended.wait_for(30s) == std::future_status::ready);
    CHECK_THROWS_WITH(running.ended.get(), "a thread of viewers failed: out of luck");
}
