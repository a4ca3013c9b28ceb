// What is told of encoded pictures without decoding them.
#include "catch.hpp"
#include "frame/error.hpp"
#include "source/fixtures.hpp"
#include "source/jpeg_tables.hpp"
#include "source/whole_image.hpp"

using namespace framepipe;
using namespace framepipe_test;

TEST_CASE("a picture that is cut at any byte is not whole", "[source]") {
    for (const auto& picture : {kPng, kJpeg, kWebp}) {
        CHECK_NOTHROW(check_whole(as_bytes(picture)));
        CHECK_NOTHROW(check_whole(as_bytes(picture + "more")));
        for (std::size_t n = 0; n < picture.size(); ++n) {
            INFO("cut after byte " << n << " of " << picture.substr(0, 4));
            CHECK_THROWS_AS(check_whole(as_bytes(picture.substr(0, n))), Error);
        }
    }
    CHECK_THROWS_WITH(check_whole(as_bytes(kPng.substr(0, 40))), Equals("the PNG is cut short"));
    CHECK_THROWS_WITH(check_whole(as_bytes(kJpeg.substr(0, 20))), Equals("the JPEG is cut short"));
    CHECK_THROWS_WITH(check_whole(as_bytes(kWebp.substr(0, 20))), Equals("the WebP is cut short"));
    CHECK_THROWS_WITH(check_whole(as_bytes("hello")), Equals("it is no JPEG, PNG or WebP"));
}

TEST_CASE("a PNG chunk that says it is huge does not lead outside", "[source]") {
    std::string png = kPng;
    png.replace(8, 4, "\xff\xff\xff\xff");
    CHECK_THROWS_WITH(check_whole(as_bytes(png)), Equals("the PNG is cut short"));
}

TEST_CASE("the standard Huffman tables go before the scan of a JPEG that has none", "[source]") {
    const Bytes whole = with_huffman_tables(Bytes::copy_of(kJpeg));
    // Four tables, ITU-T T.81 annex K.3: 2 + 4 * 17 + 12 + 162 + 12 + 162 bytes after the marker.
    CHECK(whole.size() == kJpeg.size() + 2 + 418);
    const auto text = std::string(whole.text());
    CHECK(text.substr(0, 15) == kJpeg.substr(0, 15));
    CHECK(text.substr(15, 5) == std::string("\xff\xc4\x01\xa2\0", 5));
    CHECK(text.substr(text.size() - 13) == kJpeg.substr(15));
    CHECK(text.find(std::string("\xf9\xfa\xff\xda")) != std::string::npos);
    // Once is enough.
    const Bytes again = with_huffman_tables(whole);
    CHECK(again.data() == whole.data());
}

TEST_CASE("a JPEG that is broken before its scan is left as it is", "[source]") {
    for (const auto& text : {std::string(), std::string("\xff"), kJpeg.substr(0, 9), std::string("\xff\xd8\xff\xc0\xff\xff", 6)}) {
        const Bytes bytes = Bytes::copy_of(text);
        CHECK(with_huffman_tables(bytes).text() == text);
    }
}
