#include <cstdlib>
#include <ctime>

#include "catch.hpp"
#include "frame/error.hpp"
#include "text/text_template.hpp"

using namespace framepipe;

namespace {

Header frame() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    return Header::parse(R"({"type":"image/x-raw","seq":7,"time_us":1700000000123456,"width":640,"height":480,"stream":"left",)"
                         R"("meta":{"name":"a \"b\"","score":0.75,"list":[1,2]}})");
}

std::string expanded(std::string_view words) {
    return TextTemplate(words).expand(frame(), 29.97);
}

}  // namespace

TEST_CASE("places are filled in from the frame", "[text]") {
    CHECK(expanded("#{seq} {width}x{height} {stream} {fps}") == "#7 640x480 left 30.0");
    CHECK(expanded("{time:%F %T}") == "2023-11-14 22:13:20");
    CHECK(expanded("{time}") == "2023-11-14 22:13:20");
    CHECK(expanded("{time:%S.%f|%3f|%%f}") == "20.123456|123|%f");
    CHECK(expanded("{meta.name}, {meta.score} {meta.list}{meta.none}") == "a \"b\", 0.75 [1,2]");
    CHECK(expanded("{{seq} }{{{seq}}") == "{seq} }{7}");
    CHECK(expanded("") == "");
}

TEST_CASE("what the header lacks is nothing", "[text]") {
    CHECK(TextTemplate("[{seq}{width}{height}{stream}{meta.x}]").expand(Header("text/plain"), 0) == "[]");
}

TEST_CASE("{now} is the time of drawing", "[text]") {
    const auto before = std::time(nullptr);
    const auto seconds = std::stoll(TextTemplate("{now:%s}").expand(frame(), 0));
    CHECK(seconds >= before);
    CHECK(seconds <= std::time(nullptr));
}

TEST_CASE("an empty time format gives nothing, a long one all of it", "[text]") {
    CHECK(expanded("{time:}") == "");
    const std::string words(3000, 'x');
    CHECK(expanded("{time:" + words + "%Y}") == words + "2023");
}

TEST_CASE("unknown places are an error or stay, as asked", "[text]") {
    for (const char* words : {"{foo}", "a {", "{}", "{meta.}", "{seq:3}", "{time"}) {
        INFO(words);
        CHECK_THROWS_WITH(TextTemplate(words), ContainsSubstring("is no place for text: there are {time:FORMAT}"));
        CHECK_THROWS_AS(TextTemplate(words), UsageError);
        CHECK(TextTemplate(words, TextTemplate::Unknown::keep).expand(frame(), 0) == words);
    }
    CHECK(TextTemplate(R"({"json":{"seq":{seq}}})", TextTemplate::Unknown::keep).expand(frame(), 0) == R"({"json":{"seq":7}})");
}

TEST_CASE("the rate is measured over about a second, each stream by itself", "[text]") {
    RateMeter meter;
    double rate = 0;
    for (int i = 0; i < 60; ++i) {
        Header header("image/jpeg");
        header.set("time_us", std::int64_t{1'700'000'000'000'000} + i * (i < 30 ? 100'000 : 40'000));
        header.set("stream", i < 30 ? "slow" : "fast");
        rate = meter(header);
        if (i == 0) CHECK(rate == 0);
        if (i == 29) CHECK(rate == Approx(10));
    }
    CHECK(rate == Approx(25));
}
