#include "broker/header_travel.hpp"

#include "catch.hpp"
#include "frame/bytes.hpp"

using namespace framepipe;
using namespace framepipe::broker;

TEST_CASE("a header is the same after it was properties", "[broker]") {
    const auto header = Header::parse(R"({"type":"image/png","seq":7,"n":1e400,"live":true,"meta":{"a":"ü"},"x y":"\u0000"})");
    const auto properties = to_properties(header);
    REQUIRE(properties);
    CHECK(from_properties("image/png", *properties).text() == header.text());
    CHECK_FALSE(to_properties(Header::parse("{\"type\":\"t\",\"a\\u0000b\":1}")));
}

TEST_CASE("what is no text for MQTT is escaped in values", "[broker]") {
    const auto properties = to_properties(Header::parse("{\"type\":\"t\",\"a\":[1,\n\"\u0081\ufdd0\uffff\U0001fffe\u00fc\"]}"));
    REQUIRE(properties);
    CHECK(properties->at(0).second == "[1, \"\\u0081\\ufdd0\\uffff\\ud83f\\udffe\u00fc\"]");
}

TEST_CASE("properties of others are texts in meta", "[broker]") {
    const auto header = from_properties("image/png", {{"room", "the hall"}, {"seq", "4"}, {"width", "wide"}, {"type", "\"other\""}});
    CHECK(header.type() == "image/png");
    CHECK(header.seq() == 4);
    CHECK(header.meta_raw("room") == "\"the hall\"");
    CHECK(header.meta_raw("width") == "\"wide\"");
    CHECK(from_properties("image/png", {{"a", "1,\"type\":\"text/plain\""}}).type() == "image/png");
}

TEST_CASE("a meta knows its payload", "[broker]") {
    std::string payload(5000, 'x');
    const auto header = Header::parse(R"({"type":"image/png","seq":7})");
    const auto meta = Meta::parse(to_meta(header, as_bytes(payload)));
    CHECK(meta.header.text() == header.text());
    CHECK(meta.belongs_to(as_bytes(payload)));
    CHECK_FALSE(meta.belongs_to(as_bytes(payload + "x")));
    payload.back() = 'y';
    CHECK_FALSE(meta.belongs_to(as_bytes(payload)));
    CHECK_FALSE(Meta::parse(header.text()).belongs_to(as_bytes(payload)));
    // As it has always been: the other end may be of another version.
    CHECK(to_meta(header, as_bytes("abc")) == R"({"type":"image/png","seq":7,"payload":{"bytes":3,"sum":"e71fa2190541574b"}})");
    CHECK(to_meta(Header::parse(R"({"type":"t","payload":1})"), {}) == R"({"type":"t","payload":{"bytes":0,"sum":"cbf29ce484222325"}})");
}
