// Scripts that are more than a row of letters, with fonts pinned by fonts.hpp; and whole pictures beside references.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "codec/codec.hpp"
#include "fonts.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

TextStyle large() {
    TextStyle style;
    style.font_size = 60;
    return style;
}

/// How much of the ink of `part` finds ink in `whole` when it is moved right by `by`, in percent.
double overlap(const TextPicture& part, const TextPicture& whole, std::uint32_t by) {
    std::size_t all = 0, found = 0;
    for (std::uint32_t y = 0; y < std::min(part.extent.height, whole.extent.height); ++y) {
        for (std::uint32_t x = 0; x < part.extent.width; ++x) {
            if (alpha(part, x, y) < 128) continue;
            ++all;
            found += x + by < whole.extent.width && alpha(whole, x + by, y) >= 128;
        }
    }
    return all == 0 ? 0 : 100.0 * static_cast<double>(found) / static_cast<double>(all);
}

}  // namespace

TEST_CASE("Arabic letters are joined", "[text]") {
    Pen pen(large());
    // The letter beh three times; then kept apart by characters of no width, in the forms that stand alone.
    const TextPicture joined = pen("\u0628\u0628\u0628");
    const TextPicture apart = pen("\u0628\u200c\u0628\u200c\u0628");
    CHECK(pieces(joined) == 1);
    CHECK(pieces(apart) == 3);
    CHECK(joined.extent.width * 3 < apart.extent.width * 2);
    CHECK(pen.missing.empty());
}

TEST_CASE("Arabic runs from right to left", "[text]") {
    Pen pen(large());
    // Alef, a narrow stroke, then seen, which is wide: the stroke is at the right.
    const TextPicture picture = pen("\u0627\u200c\u0633");
    const std::uint32_t left = ink_of(picture).left, right = ink_of(picture).right;
    std::uint32_t top_left = ~0U, top_right = ~0U;
    for (std::uint32_t y = picture.extent.height; y-- > 0;) {
        for (std::uint32_t x = left; x < left + 12; ++x) top_left = alpha(picture, x, y) > 64 ? y : top_left;
        for (std::uint32_t x = right - 12; x < right; ++x) top_right = alpha(picture, x, y) > 64 ? y : top_right;
    }
    CHECK(top_right + 10 < top_left);  // alef is the taller one
}

TEST_CASE("Devanagari's short i goes before the consonant that it follows", "[text]") {
    Pen pen(large());
    const TextPicture ka = pen("\u0915");
    const TextPicture ki = pen("\u0915\u093f");
    const TextPicture kii = pen("\u0915\u0940");  // the long one stays behind
    CHECK(overlap(ka, kii, 0) > 95);
    CHECK(overlap(ka, ki, 0) < 80);
    double best = 0;
    std::uint32_t at = 0;
    for (std::uint32_t by = 0; by < 40; ++by) {
        if (overlap(ka, ki, by) > best) {
            best = overlap(ka, ki, by);
            at = by;
        }
    }
    CHECK(best > 95);
    CHECK(at >= 10);
    CHECK(pen.missing.empty());
}

TEST_CASE("a Japanese line is broken between characters, but not before a full stop", "[text]") {
    TextStyle style;
    style.font_size = 40;
    style.size = Extent{250, 200};  // six characters and a bit
    Pen pen(style);
    const TextPicture six = pen("\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e");
    CHECK(ink_of(six).bottom < 60);
    const TextPicture picture = pen("\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u3002");
    const Ink all = ink_of(picture);
    REQUIRE(all.bottom > 60);
    const std::uint32_t line = all.bottom > 90 ? 55 : 47;
    const Ink second = ink_of(picture, line);
    CHECK(second.width() > 40);  // a character came down with the stop, whose own ink is a quarter as wide
    CHECK(ink_of(picture, 0, 40).right < 210);
    CHECK(pen.missing.empty());
}

TEST_CASE("characters come from other fonts where the font lacks them; what no font has is said", "[text]") {
    Pen pen(large());
    const TextPicture picture = pen("\u4e16");
    CHECK(pen.missing.empty());
    CHECK(ink_of(picture).width() > 45);
    CHECK(pieces(pen("\u0915")) == 1);
    const TextPicture box = pen("\u1200");
    REQUIRE(pen.missing.size() == 1);
    CHECK(pen.missing.front() ==
          "no font has '\u1200' (U+1200); one of Debian's package fonts-noto-core does: apt-get install fonts-noto-core");
    CHECK(ink_of(box).width() > 5);  // an empty box
    pen("\U0002a6d6");
    CHECK(pen.missing.back().find("fonts-hanazono") != std::string::npos);
    pen("\ue123");
    CHECK(pen.missing.back() == "no font has U+E123, which Unicode gives no meaning");
}

TEST_CASE("emoji have their colours, at the size of the text", "[text]") {
    for (const double size : {20.0, 60.0, 200.0}) {
        TextStyle style;
        // A font that has the character without colours, too; a font file does not take emoji over.
        style.font = size == 60.0 ? "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf" : "";
        style.font_size = size;
        Pen pen(style);
        const TextPicture picture = pen("\U0001f600");
        std::size_t colourful = 0, ink = 0;
        for (std::uint32_t y = 0; y < picture.extent.height; ++y) {
            for (std::uint32_t x = 0; x < picture.extent.width; ++x) {
                if (alpha(picture, x, y) < 128) continue;
                ++ink;
                const auto [least, most] = std::minmax({channel(picture, x, y, 0), channel(picture, x, y, 1), channel(picture, x, y, 2)});
                colourful += most - least > 60;
            }
        }
        INFO(size);
        CHECK(colourful * 2 > ink);
        CHECK(ink_of(picture).height() > size * 0.8);
        CHECK(ink_of(picture).height() < size * 1.4);
    }
}

// FRAMEPIPE_NEW_REFERENCES=1 writes them anew, to be looked at before they are committed.
TEST_CASE("pictures are like their references", "[text]") {
    struct Case {
        const char* name;
        const char* text;
    };
    TextStyle style;
    style.font_size = 40;
    style.background = {255, 255, 255, 255};
    style.size = Extent{420, 60};
    Pen pen(style);
    for (const Case& c :
         {Case{"latin", "Hello, World! fi \u00e9\u00df"}, Case{"arabic", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 abc 123"},
          Case{"devanagari", "\u0939\u093f\u0928\u094d\u0926\u0940 \u0915\u094d\u0937\u0947\u0924\u094d\u0930"},
          Case{"japanese", "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8"}, Case{"emoji", "a\U0001f389b\U0001f600"}}) {
        const std::string file = std::string(FRAMEPIPE_SOURCE) + "/tests/text/references/" + c.name + ".png";
        const TextPicture picture = pen(c.text);
        if (std::getenv("FRAMEPIPE_NEW_REFERENCES") != nullptr) {
            const Bytes png = make_encoder(ImageType::png, {})->encode({PixelFormat::rgba, picture.extent, {}, {}, picture.pixels});
            std::ofstream(file, std::ios::binary) << png.text();
        }
        std::ifstream in(file, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        Image image = decode_image(as_bytes(bytes), PixelFormat::rgba);
        const TextPicture reference{image.extent, std::move(image.pixels).share()};
        INFO(c.name);
        CHECK(picture.extent == reference.extent);
        // White counts as ink here, so a glyph more or less is about one percent.
        CHECK(unlike(picture, reference) < 0.3);
        CHECK(unlike(reference, picture) < 0.3);
    }
    CHECK(pen.missing.empty());
}
