#include "serve/limits.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>
#include <vector>

#include "catch.hpp"

using namespace framepipe;
using namespace framepipe::serve;

namespace {

Peer from(const std::string& text) {
    sockaddr_storage address{};
    auto& in = reinterpret_cast<sockaddr_in&>(address);
    auto& in6 = reinterpret_cast<sockaddr_in6&>(address);
    if (inet_pton(AF_INET, text.c_str(), &in.sin_addr) == 1) {
        in.sin_family = AF_INET;
    } else {
        REQUIRE(inet_pton(AF_INET6, text.c_str(), &in6.sin6_addr) == 1);
        in6.sin6_family = AF_INET6;
    }
    return peer_of(address);
}

Peer from_file() {
    sockaddr_storage address{};
    address.ss_family = AF_UNIX;
    return peer_of(address);
}

/// How many of these the server takes.
std::size_t taken(Limits& limits, const Peer& peer, std::size_t tries, std::vector<Limits::Seat>& seats) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < tries; ++i) {
        auto seat = limits.admit(peer);
        if (!seat || seat->denial()) continue;
        seats.push_back(std::move(*seat));
        ++count;
    }
    return count;
}

std::size_t answered(Limits& limits, const Peer& peer, std::size_t tries, SteadyClock::time_point now) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < tries; ++i) count += !limits.check_request(peer, now);
    return count;
}

}  // namespace

TEST_CASE("a peer is known by its address, however it came", "[serve]") {
    CHECK(from("127.0.0.9").is_this_machine());
    CHECK(from("::1").is_this_machine());
    CHECK(from("::ffff:127.0.0.1").is_this_machine());
    CHECK_FALSE(from("192.0.2.1").is_this_machine());
    CHECK_FALSE(from("2001:db8::1").is_this_machine());
    CHECK(from("::ffff:192.0.2.1").address == from("192.0.2.1").address);
    CHECK(from_file().by_unix_socket);
}

TEST_CASE("a seat that is given up is another's", "[serve]") {
    Limits limits({.connections = 2, .connections_per_address = {}, .requests_per_address = {}});
    std::vector<Limits::Seat> seats;
    CHECK(taken(limits, from("127.0.0.1"), 5, seats) == 2);
    const auto refused = limits.admit(from_file());
    REQUIRE(refused);
    REQUIRE(refused->denial());
    CHECK(refused->denial()->status == 503);
    CHECK(refused->denial()->reason == Refusal::connections);
    seats.pop_back();
    CHECK(taken(limits, from_file(), 5, seats) == 1);
}

TEST_CASE("one address gets no more than its share, by default not this machine's own", "[serve]") {
    Limits limits({});
    std::vector<Limits::Seat> seats;
    CHECK(taken(limits, from("192.0.2.1"), 1500, seats) == 1000);
    CHECK(taken(limits, from("192.0.2.2"), 10, seats) == 10);
    CHECK(taken(limits, from("2001:db8::1"), 600, seats) == 600);
    CHECK(taken(limits, from("2001:db8::ffff:1"), 600, seats) == 400);  // of the same network
    CHECK(taken(limits, from("2001:db8:0:1::1"), 10, seats) == 10);
    CHECK(taken(limits, from("127.0.0.1"), 5000, seats) == 5000);
    CHECK(taken(limits, from("::1"), 1500, seats) == 1500);
    CHECK(taken(limits, from_file(), 1500, seats) == 1500);
    CHECK(limits.admit(from("192.0.2.1"))->denial()->reason == Refusal::address_connections);
    seats.clear();
    CHECK(taken(limits, from("192.0.2.1"), 1500, seats) == 1000);

    Limits given({.connections = 0, .connections_per_address = 3, .requests_per_address = {}});
    std::vector<Limits::Seat> more;
    CHECK(taken(given, from("127.0.0.1"), 10, more) == 3);
    CHECK(taken(given, from_file(), 10, more) == 10);
    Limits none({.connections = 0, .connections_per_address = 0, .requests_per_address = 0});
    std::vector<Limits::Seat> all;
    CHECK(taken(none, from("192.0.2.1"), 3000, all) == 3000);
    CHECK(answered(none, from("192.0.2.1"), 3000, SteadyClock::now()) == 3000);
}

TEST_CASE("of a flood, not all are told", "[serve]") {
    Limits limits({.connections = 1, .connections_per_address = {}, .requests_per_address = {}});
    const auto sits = limits.admit(from("192.0.2.1"));
    std::vector<Limits::Seat> told;
    while (auto seat = limits.admit(from("192.0.2.2"))) {
        REQUIRE(told.size() < 100000);
        told.push_back(std::move(*seat));
    }
    CHECK(told.size() == 256);
    told.clear();
    CHECK(limits.admit(from("192.0.2.2")));
}

TEST_CASE("requests come back with time, and other addresses lose none", "[serve]") {
    Limits limits({.connections = 0, .connections_per_address = {}, .requests_per_address = 10});
    const auto start = SteadyClock::now();
    using namespace std::chrono_literals;
    CHECK(answered(limits, from("192.0.2.1"), 100, start) == 20);
    CHECK(answered(limits, from("192.0.2.2"), 5, start) == 5);
    CHECK(answered(limits, from("192.0.2.1"), 100, start + 150ms) == 1);
    CHECK(answered(limits, from("192.0.2.1"), 100, start + 1150ms) == 10);
    CHECK(answered(limits, from("192.0.2.1"), 100, start + 1h) == 20);
    CHECK(limits.check_request(from("192.0.2.1"), start + 1h)->status == 429);
    // Thousands of addresses do not let one of them start afresh.
    for (int i = 0; i < 5000; ++i)
        limits.check_request(from("198.51." + std::to_string(i / 250) + "." + std::to_string(i % 250)), start + 1h);
    CHECK(answered(limits, from("192.0.2.1"), 100, start + 1h) == 0);
}
