#include "text/rgba.hpp"
#include "catch.hpp"
#include "frame/error.hpp"

using namespace framepipe;

TEST_CASE("colours are what CSS says they are", "[text]") {
    CHECK(parse_rgba("blue") == Rgba{0, 0, 255, 255});
    CHECK(parse_rgba("RebeccaPurple") == Rgba{102, 51, 153, 255});
    CHECK(parse_rgba("aliceblue") == Rgba{240, 248, 255, 255});
    CHECK(parse_rgba("yellowgreen") == Rgba{154, 205, 50, 255});
    CHECK(parse_rgba("#f80") == Rgba{255, 136, 0, 255});
    CHECK(parse_rgba("#f808") == Rgba{255, 136, 0, 136});
    CHECK(parse_rgba("#12abEF") == Rgba{0x12, 0xab, 0xef, 255});
    CHECK(parse_rgba("#12abef40") == Rgba{0x12, 0xab, 0xef, 0x40});
    CHECK(parse_rgba("none").a == 0);
    CHECK(parse_rgba("transparent").a == 0);
}

TEST_CASE("what is no colour is said with what is", "[text]") {
    for (const char* word : {"", "#", "#12", "#12345", "#ggg", "#1 2", "bleu", "#+12", "rgb(1,2,3)"}) {
        INFO(word);
        CHECK_THROWS_WITH(parse_rgba(word), ContainsSubstring("is no colour: a CSS name"));
    }
}
