// Types, sizes and ends of encoded pictures.
#include "frame/image_info.hpp"

#include "catch.hpp"
#include "frame/bytes.hpp"
#include "frame/error.hpp"
#include "frame/jpeg_scan.hpp"
#include "pictures.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

std::string describe(const std::string& bytes) {
    const auto info = identify_image(as_bytes(bytes));
    if (!info) return "none";
    return std::string(info->type) + " " + std::to_string(info->width) + "x" + std::to_string(info->height);
}

}  // namespace

TEST_CASE("the size of a picture comes from its own header", "[image_info]") {
    CHECK(describe(jpeg(640, 480)) == "image/jpeg 640x480");
    CHECK(describe(png(100000, 7)) == "image/png 100000x7");
    CHECK(describe(webp_lossy(16, 9)) == "image/webp 16x9");
    CHECK(describe(webp_lossless(16384, 300)) == "image/webp 16384x300");
    CHECK(describe(webp_extended(70000, 2)) == "image/webp 70000x2");
}

TEST_CASE("what is no picture, or broken before its size, has none", "[image_info]") {
    CHECK(describe("") == "none");
    CHECK(describe("GIF89a and so on") == "none");
    CHECK(describe(png(0, 7)) == "none");
    CHECK(describe(riff("VP8L" + little(10, 4) + "no signature")) == "none");
    for (const std::string& whole : {jpeg(640, 480).substr(0, 70), png(5, 5).substr(0, 24), webp_lossy(5, 5)}) {
        INFO(whole.size());
        CHECK(describe(whole) != "none");
    }
    for (std::size_t n = 0; n < 24; ++n) CHECK(describe(png(5, 5).substr(0, n)) == "none");
    for (std::size_t n = 0; n < 30; ++n) CHECK(describe(webp_lossy(5, 5).substr(0, n)) == "none");
}

TEST_CASE("the type is told by the first bytes alone", "[image_info]") {
    CHECK(sniff_image(as_bytes("\xff\xd8\xff")) == "image/jpeg");
    CHECK(sniff_image(as_bytes("\x89PNG\r\n\x1a\n")) == "image/png");
    CHECK(sniff_image(as_bytes(webp_lossy(1, 1))) == "image/webp");
    CHECK(sniff_image(as_bytes("\xff\xd8")).empty());
    CHECK(sniff_image(as_bytes("RIFF....WAVE")).empty());
}

TEST_CASE("a JPEG ends at its own EOI, not at that of its thumbnail", "[image_info]") {
    const std::string whole = jpeg(640, 480);
    CHECK(jpeg_length(as_bytes(whole + whole)) == whole.size());
    CHECK(jpeg_length(as_bytes(whole + "text")) == whole.size());
    for (std::size_t n = 0; n < whole.size(); ++n) {
        INFO("cut after byte " << n);
        CHECK(jpeg_length(as_bytes(whole.substr(0, n))) == 0);
    }
    CHECK_THROWS_WITH(jpeg_length(as_bytes("text")), ContainsSubstring("not a JPEG"));
}

TEST_CASE("a JPEG without an EOI ends before the next one", "[image_info]") {
    std::string cut = jpeg(640, 480);
    cut.resize(cut.size() - 2);
    CHECK(jpeg_length(as_bytes(cut + jpeg(1, 1))) == cut.size());
}

TEST_CASE("the walk over a JPEG goes on where it stopped", "[image_info]") {
    const std::string whole = jpeg(640, 480);
    JpegScan scan;
    for (std::size_t n = 0; n < whole.size(); ++n) REQUIRE(scan.scan(as_bytes(whole).first(n)) == 0);
    CHECK(scan.scan(as_bytes(whole)) == whole.size());
    CHECK(scan.width() == 640);
    CHECK(scan.height() == 480);
}
