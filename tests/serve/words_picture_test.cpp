#include "serve/words_picture.hpp"

#include <algorithm>

#include "catch.hpp"
#include "image/font.hpp"

using namespace framepipe;
using framepipe::serve::words_picture;

namespace {

struct Picture {
    explicit Picture(Frame from) : frame(std::move(from)), view(raw_view(frame)) {}

    bool is_light(std::uint32_t x, std::uint32_t y) const {
        return std::to_integer<int>(view.bytes[(std::size_t{y} * view.extent.width + x) * 3]) > 128;
    }
    /// Does the letter stand there?
    bool shows(char letter, std::uint32_t x, std::uint32_t y, std::uint32_t scale) const {
        const auto rows = glyph(letter);
        for (std::uint32_t row = 0; row < kGlyphHeight; ++row)
            for (std::uint32_t column = 0; column < kGlyphWidth; ++column)
                if (is_light(x + column * scale, y + row * scale) != ((rows[row] >> (kGlyphWidth - 1 - column) & 1) == 1)) return false;
        return true;
    }
    /// The line that stands there; letters that are no ASCII are '~'.
    std::string line(std::uint32_t x, std::uint32_t y, std::uint32_t scale) const {
        std::string text;
        for (; x + kGlyphAdvance * scale <= view.extent.width; x += kGlyphAdvance * scale) {
            char found = '~';
            for (char letter = ' '; letter < '~'; ++letter)
                if (shows(letter, x, y, scale)) found = letter;
            text += found;
        }
        return text.substr(0, text.find_last_not_of(' ') + 1);
    }

    Frame frame;
    ImageView view;
};

/// Of the text in a picture of 640 x 360.
std::string text_line(const Picture& picture, std::uint32_t number) {
    return picture.line(20, 20 + 33 + 8 + number * 22, 2);
}

}  // namespace

TEST_CASE("a title and lines of text can be read in the picture", "[serve]") {
    const Picture picture(words_picture({640, 360}, "door failed", "cannot read /dev/video0: no such device\nexit code 1"));
    CHECK(picture.view.extent == Extent{640, 360});
    CHECK(picture.line(20, 20, 3) == "door failed");
    CHECK(text_line(picture, 0) == "cannot read /dev/video0: no such device");
    CHECK(text_line(picture, 1) == "exit code 1");
    CHECK(text_line(picture, 2).empty());
}

TEST_CASE("all letters of ASCII are different, and others are boxes", "[serve]") {
    std::string printable;
    for (char letter = '!'; letter < '~'; ++letter) printable += letter;
    const Picture picture(words_picture({1920, 1080}, "", printable));
    std::string read;
    for (std::uint32_t line = 0; line < 4; ++line) read += picture.line(60, 60 + 77 + 24 + line * 66, 6);
    CHECK(read == printable);
    CHECK(text_line(Picture(words_picture({640, 360}, "", "B\xc3\xbcro")), 0) == "B~ro");
}

TEST_CASE("long lines are broken, at spaces where there are some, and too many are left out", "[serve]") {
    const Picture picture(words_picture({640, 360}, "", std::string(40, 'a') + " " + std::string(20, 'b') + " " + std::string(60, 'c')));
    CHECK(text_line(picture, 0) == std::string(40, 'a'));
    CHECK(text_line(picture, 1) == std::string(20, 'b'));
    CHECK(text_line(picture, 2) == std::string(50, 'c'));
    CHECK(text_line(picture, 3) == std::string(10, 'c'));
    std::string many;
    for (int i = 0; i < 100; ++i) many += std::to_string(i) + "\n";
    const Picture full(words_picture({640, 360}, "", many));
    CHECK(text_line(full, 0) == "0");
    CHECK(text_line(full, 11) == "11...");
    CHECK(text_line(full, 12).empty());
}

TEST_CASE("a picture is never too small or too large to be read", "[serve]") {
    CHECK(Picture(words_picture({16, 16}, "t", "words")).view.extent == Extent{320, 180});
    CHECK(Picture(words_picture({16000, 16}, "t", "words")).view.extent == Extent{1920, 180});
    CHECK_NOTHROW(words_picture({320, 180}, std::string(1000, 't'), std::string(5000, 'w')));
}
