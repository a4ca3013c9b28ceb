#include "frame/header.hpp"
#include "catch.hpp"
#include "frame/error.hpp"

using framepipe::Error;
using framepipe::Header;

TEST_CASE("members that are not touched keep their bytes and their order", "[frame]") {
    auto header = Header::parse(R"( {"b" : 1e400 ,"type":"x/y", "a":[1, 2.50,{"k":"]}\""}],"seq":1} )");
    CHECK(header.text() == R"({"b":1e400,"type":"x/y","a":[1, 2.50,{"k":"]}\""}],"seq":1})");
    header.set("seq", std::int64_t{2});
    header.set("stream", "tür\n");
    CHECK(header.text() == "{\"b\":1e400,\"type\":\"x/y\",\"a\":[1, 2.50,{\"k\":\"]}\\\"\"}],\"seq\":2,\"stream\":\"tür\\n\"}");
    header.erase("a");
    CHECK(header.text() == "{\"b\":1e400,\"type\":\"x/y\",\"seq\":2,\"stream\":\"tür\\n\"}");
}

TEST_CASE("a key written with escapes is the same key, and stays as it was written", "[frame]") {
    const auto header = Header::parse(R"({"\u0074ype":"image/p\u006eg","w\u0069dth":3})");
    CHECK(header.type() == "image/png");
    CHECK(header.width() == 3);
    CHECK(header.text() == R"({"\u0074ype":"image/p\u006eg","w\u0069dth":3})");
}

TEST_CASE("the last of a repeated key counts", "[frame]") {
    CHECK(Header::parse(R"({"type":"a/b","seq":1,"seq":2})").seq() == 2);
}

TEST_CASE("stage stamps and meta members are added without touching the others", "[frame]") {
    auto header = Header::parse(R"({"type":"a/b","stages":{"cam" : 1.0e0},"meta":{"t":21.50}})");
    header.stamp_stage("encode", 5);
    header.stamp_stage("encode", 6);
    header.set_meta_raw("file", "\"a.png\"");
    CHECK(header.text() == R"({"type":"a/b","stages":{"cam":1.0e0,"encode":6},"meta":{"t":21.50,"file":"a.png"}})");
    CHECK(header.meta_raw("t") == "21.50");
    CHECK_FALSE(header.meta_raw("nothing"));
    Header fresh("text/plain");
    fresh.stamp_stage("capture", 1);
    CHECK(fresh.text() == R"({"type":"text/plain","stages":{"capture":1}})");
}

TEST_CASE("a header is written with its stamp as if it had been stamped before", "[frame]") {
    for (const char* json :
         {R"({"type":"a/b"})", R"({"stages":{"cam" : 1.0e0},"type":"a/b","meta":{}})", R"({"type":"a/b","stages":{"encode":2,"x":3}})"}) {
        const auto header = Header::parse(json);
        std::string text = "before";
        header.append_stamped(text, "encode", 5);
        auto stamped = header;
        stamped.stamp_stage("encode", 5);
        CHECK(text == "before" + stamped.text());
        CHECK(header.text() == json);
    }
}

TEST_CASE("what is no header is refused with the reason", "[frame]") {
    const auto refused = [](const char* json, const char* words) {
        INFO(json);
        CHECK_THROWS_WITH(Header::parse(json), ContainsSubstring(words));
    };
    refused("", "no JSON");
    refused("   ", "no JSON");
    refused("[1]", "not a JSON object");
    refused("{\"type\":\"a/b\"", "no JSON");
    refused("{\"type\":\"a/b\"} x", "no JSON");
    refused("{'type':'a/b'}", "no JSON");
    refused("{\"type\":\"\xff\"}", "no JSON");
    refused("{}", "no type");
    refused("{\"type\":7}", "type is not a string");
    refused("{\"type\":\"\"}", "no type");
    refused("{\"type\":\"a/b\",\"width\":1e400}", "width is not a whole number: 1e400");
    refused("{\"type\":\"a/b\",\"width\":-1}", "width is not a whole number: -1");
    refused("{\"type\":\"a/b\",\"height\":\"3\"}", "height is not a whole number");
    refused("{\"type\":\"a/b\",\"seq\":99999999999999999999}", "seq is not a whole number");
    refused("{\"type\":\"a/b\",\"live\":1}", "live is not true or false");
    refused("{\"type\":\"a/b\",\"meta\":[]}", "meta is not an object");
}

TEST_CASE("nesting without end is refused, not followed", "[frame]") {
    const std::string deep = "{\"type\":\"a/b\",\"x\":" + std::string(30000, '[') + std::string(30000, ']') + "}";
    CHECK_THROWS_AS(Header::parse(deep), Error);
}

TEST_CASE("strings become JSON whatever bytes they hold", "[frame]") {
    CHECK(framepipe::json_string("a\"b\\\x01\xff\xc3\xbc") == "\"a\\\"b\\\\\\u0001\xEF\xBF\xBD\xc3\xbc\"");
    CHECK(framepipe::json_string(" !#[]~").append(framepipe::json_string("")) == "\" !#[]~\"\"\"");
    for (const char c : {'\x1f', '"', '\\'}) CHECK(framepipe::json_string(std::string(1, c)).size() > 3);
    CHECK(framepipe::valid_utf8("\xed\xa0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(framepipe::valid_utf8("\xf0\x9f\x8e\x89 \xf0\x9f\x8e") == "\xf0\x9f\x8e\x89 \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    const std::string ascii(20, 'a');
    for (std::size_t at = 0; at < ascii.size(); ++at) {
        std::string text = ascii;
        CHECK(framepipe::is_valid_utf8(text));
        CHECK(framepipe::is_valid_utf8(text.insert(at, "\xc3\xa9")));
        text[at] = '\xff';
        CHECK_FALSE(framepipe::is_valid_utf8(text));
    }
    CHECK(framepipe::is_valid_utf8(""));
    CHECK_FALSE(framepipe::is_valid_utf8("\xed\xa0\x80"));
}
