#include "serve/client_message.hpp"

#include "catch.hpp"
#include "serve/base64.hpp"

using namespace framepipe;
using namespace framepipe::serve;

namespace {

std::optional<std::string> decoded(std::string_view text) {
    const auto bytes = decode_base64(text);
    if (!bytes) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

}  // namespace

TEST_CASE("base64 is decoded as in RFC 4648, its padding may be missing", "[serve]") {
    CHECK(decoded("") == "");
    CHECK(decoded("Zg==") == "f");
    CHECK(decoded("Zg") == "f");
    CHECK(decoded("Zm8=") == "fo");
    CHECK(decoded("Zm9vYmE=") == "fooba");
    CHECK(decoded("Zm9vYmFy") == "foobar");
    std::string all, text;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    append_base64(text, as_bytes(all));
    CHECK(decoded(text) == all);
    for (const char* bad : {"Z", "Zm9v!mFy", "Zm9vY", "Zg==Zg==", "Zm 9v", "Zm9v=mFy"}) CHECK_FALSE(decoded(bad));
}

TEST_CASE("data URLs of pictures are told from other text", "[serve]") {
    const auto url = parse_data_url("data:image/jpeg;base64,/9j/");
    REQUIRE(url);
    CHECK(url->type == "image/jpeg");
    CHECK(url->base64 == "/9j/");
    CHECK(parse_data_url("data:image/png;name=a.png;base64,iVBO")->type == "image/png");
    for (const char* other : {"", "data:", "data:text/plain;base64,aGVsbG8=", "data:image/png,raw", "a data:image/png;base64,iVBO"})
        CHECK_FALSE(parse_data_url(other));
    CHECK_FALSE(frame_of_data_url({"image/png", "aGVsbG8="}));
    CHECK_FALSE(frame_of_data_url({"image/png", "***"}));
}

TEST_CASE("messages are frames by what they hold", "[serve]") {
    CHECK(frame_of_message("words", true).header.type() == "text/plain");
    CHECK(frame_of_message("bytes", false).header.type() == "application/octet-stream");
    const std::string png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0", 29);
    const Frame frame = frame_of_message(png, false);
    CHECK(frame.header.type() == "image/png");
    CHECK(frame.header.width() == 3);
    CHECK(frame.payload.text() == png);
}
