#include "catch.hpp"
#include "fonts.hpp"
#include "text/text_frames.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

Frame frame(const char* header, std::string_view payload) {
    return {Header::parse(header), Bytes::copy_of(payload)};
}

struct Stage {
    Pen pen;
    std::vector<std::string> bad;
    TextFrames draw{pen.renderer, 100, [this](const std::string& why) { bad.push_back(why); }};
};

}  // namespace

TEST_CASE("a text frame becomes its picture and keeps the rest of its header", "[text]") {
    Stage stage;
    const auto out =
        stage.draw(frame(R"({"type":"text/plain","request":"r 1","stream":"s","seq":3,"time_us":5,"meta":{"x":1e400},"mine":[1]})", "Hi"));
    REQUIRE(out.has_value());
    CHECK(out->header.type() == "image/x-raw");
    CHECK(out->header.format() == "rgba");
    CHECK(out->payload.size() == static_cast<std::size_t>(4 * out->header.width() * out->header.height()));
    CHECK(out->header.string("request") == "r 1");
    CHECK(out->header.stream() == "s");
    CHECK(out->header.seq() == 3);
    CHECK(out->header.time_us() == 5);
    CHECK(out->header.raw("meta") == R"({"x":1e400})");
    CHECK(out->header.raw("mine") == "[1]");
}

TEST_CASE("a request that cannot be drawn is answered by an error", "[text]") {
    Stage stage;
    const auto out = stage.draw(frame(R"({"type":"text/plain","request":"7","stream":"s"})", std::string(101, 'x')));
    REQUIRE(out.has_value());
    CHECK(out->header.type() == "text/plain");
    CHECK(out->header.string("error") == "cannot draw a text of 101 bytes: the limit is 100 (--max-text)");
    CHECK(out->payload.text() == *out->header.string("error"));
    CHECK(out->header.string("request") == "7");
    CHECK(out->header.stream() == "s");
    const auto picture = stage.draw(frame(R"({"type":"image/png","request":"a"})", "x"));
    REQUIRE(picture.has_value());
    CHECK(picture->header.string("error") == "cannot draw image/png: text/plain is wanted");
    CHECK(stage.bad.empty());
}

TEST_CASE("a text that cannot be drawn is left out", "[text]") {
    Stage stage;
    CHECK_FALSE(stage.draw(frame(R"({"type":"text/plain"})", std::string(101, 'x'))).has_value());
    CHECK(stage.bad == std::vector<std::string>{"cannot draw a text of 101 bytes: the limit is 100 (--max-text)"});
}

TEST_CASE("what is no text, the end of a stream, and errors pass as they are", "[text]") {
    Stage stage;
    for (const char* header : {R"({"type":"image/jpeg","x":1})", R"({"type":"application/json"})", R"({"type":"text/plain","end":true})",
                               R"({"type":"text/plain","error":"no","request":"a"})"}) {
        INFO(header);
        const auto out = stage.draw(frame(header, ""));
        REQUIRE(out.has_value());
        CHECK(out->header.text() == header);
    }
    CHECK(stage.bad.empty());
}
