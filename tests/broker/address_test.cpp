#include "broker/address.hpp"

#include "broker/topics.hpp"
#include "catch.hpp"
#include "frame/error.hpp"

using namespace framepipe;
using namespace framepipe::broker;

TEST_CASE("an address of brokers has hosts, a user and levels", "[broker]") {
    const auto one = Address::parse("mqtt://h");
    CHECK((one.hosts.size() == 1 && one.hosts[0].name == "h" && one.hosts[0].port == 1883 && one.path.empty()));
    CHECK(place_to_publish(one).prefix == "framepipe");
    const auto many = Address::parse("mqtts://me%40home@a,[::1]:99,c:1/my/cams/");
    CHECK((many.tls && many.user == "me@home" && many.hosts.size() == 3));
    CHECK((many.hosts[0].port == 8883 && many.hosts[1].name == "::1" && many.hosts[1].port == 99));
    CHECK(many.shown() == "mqtts://a:8883,[::1]:99,c:1/my/cams");
    CHECK(place_to_publish(many).prefix == "my/cams");
    for (const char* bad :
         {"mqtt://", "mqtt:///a", "mqtt://a,/b", "mqtt://a:x/", "mqtt://a:70000/", "mqtt://a:0/", "ws://a/b", "mqtt://[::1/a"})
        CHECK_THROWS_AS(Address::parse(bad), UsageError);
}

TEST_CASE("the last level of what is taken is the stream", "[broker]") {
    const auto place = [](const char* text) { return place_to_take(Address::parse(text)); };
    CHECK((place("mqtt://h/a/b/c%2Fd").prefix == "a/b" && place("mqtt://h/a/b/c%2Fd").stream == "c/d"));
    CHECK((place("mqtt://h/a/+").all && place("mqtt://h/a/+").prefix == "a"));
    CHECK((!place("mqtt://h/a/%2B").all && place("mqtt://h/a/%2B").stream == "+"));
    for (const char* bad : {"mqtt://h", "mqtt://h/a", "mqtt://h/+/a", "mqtt://h/a/#", "mqtt://h/a/b+", "mqtt://h/a/%00"})
        CHECK_THROWS_AS(place(bad), UsageError);
}

TEST_CASE("any name of a stream is one level of a topic, and is found again", "[broker]") {
    for (const std::string name : {"door", "a/b", "+", "#", "50%", "%41", "a b", "cam.1", "t\x7fr\n", "m\u00fcr"}) {
        const std::string level = topic_level(name);
        INFO(level);
        CHECK(level.find_first_of("/+#. ") == std::string::npos);
        CHECK(stream_of_level(level) == name);
        const auto parts = parts_of(Topics::of("p/q", name).frame(), "p/q");
        REQUIRE(parts);
        CHECK((parts->stream == name && parts->kind == "frame"));
    }
    CHECK(topic_level("door") == "door");
    CHECK_FALSE(parts_of("p/q/frame", "p/q"));
    CHECK_FALSE(parts_of("p/qr/door/frame", "p/q"));
}
