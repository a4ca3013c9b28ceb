// What text looks like in general: sizes, colours, alignment, decoration. Scripts are in script_test.cpp.
#include "catch.hpp"
#include "fonts.hpp"
#include "frame/error.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

TextStyle sized(std::uint32_t width, std::uint32_t height, double font_size = 32) {
    TextStyle style;
    style.size = Extent{width, height};
    style.font_size = font_size;
    return style;
}

}  // namespace

TEST_CASE("a picture is as large as its text, and grows with padding", "[text]") {
    Pen pen;
    const TextPicture plain = pen("Hello");
    CHECK(plain.extent.height == Approx(38).margin(2));
    CHECK(plain.extent.width == Approx(82).margin(3));
    TextStyle style;
    style.padding = 10;
    Pen padded(style);
    const TextPicture more = padded("Hello");
    CHECK(more.extent.width == plain.extent.width + 20);
    CHECK(more.extent.height == plain.extent.height + 20);
    CHECK(ink_of(more).left == ink_of(plain).left + 10);
    CHECK(ink_of(more).top == ink_of(plain).top + 10);
}

TEST_CASE("text is black on nothing unless told otherwise, with straight alpha", "[text]") {
    Pen pen;
    const TextPicture picture = pen("Hello");
    bool half = false, coloured = false;
    for (std::uint32_t y = 0; y < picture.extent.height; ++y) {
        for (std::uint32_t x = 0; x < picture.extent.width; ++x) {
            half = half || (alpha(picture, x, y) > 60 && alpha(picture, x, y) < 200);
            coloured = coloured || channel(picture, x, y, 0) + channel(picture, x, y, 1) + channel(picture, x, y, 2) != 0;
        }
    }
    CHECK(half);
    CHECK_FALSE(coloured);
    TextStyle style;
    style.colour = {255, 0, 0, 255};
    Pen red(style);
    const TextPicture second = red("Hello");
    for (std::uint32_t x = 0; x < second.extent.width; ++x) {
        if (alpha(second, x, 16) > 0) CHECK(channel(second, x, 16, 0) == 255);
    }
}

TEST_CASE("a background fills the picture, and the picture is clean again for the next text", "[text]") {
    TextStyle style = sized(300, 150, 80);
    style.background = {0, 0, 255, 255};
    style.colour = {255, 255, 255, 255};
    Pen pen(style);
    pen("MMMM");
    const TextPicture second = pen(".");
    std::size_t white = 0;
    for (std::uint32_t y = 0; y < 150; ++y) {
        for (std::uint32_t x = 0; x < 300; ++x) {
            REQUIRE(alpha(second, x, y) == 255);
            white += channel(second, x, y, 0) > 128;
        }
    }
    CHECK(white > 20);
    CHECK(white < 200);
}

TEST_CASE("a picture that somebody holds does not change when the next one is drawn", "[text]") {
    Pen pen(sized(200, 60));
    const TextPicture first = pen("first");
    const Bytes copy = Bytes::copy_of(first.pixels.span());
    const TextPicture second = pen("second");
    CHECK(std::ranges::equal(first.pixels.span(), copy.span()));
    CHECK_FALSE(std::ranges::equal(first.pixels.span(), second.pixels.span()));
}

TEST_CASE("lines stand where they are aligned", "[text]") {
    const auto ink = [](Align align, Valign valign, const char* text) {
        TextStyle style = sized(400, 200);
        style.align = align;
        style.valign = valign;
        Pen pen(style);
        return ink_of(pen(text));
    };
    CHECK(ink(Align::left, Valign::top, "Hi").right < 60);
    CHECK(ink(Align::right, Valign::top, "Hi").left > 340);
    const Ink middle = ink(Align::center, Valign::middle, "Hi");
    CHECK(middle.left + middle.width() / 2 == Approx(200).margin(4));
    CHECK(middle.top + middle.height() / 2 == Approx(100).margin(6));
    CHECK(ink(Align::left, Valign::bottom, "Hi").top > 160);
    CHECK(ink(Align::start, Valign::top, "\u0633\u0644\u0627\u0645").left > 300);  // Arabic begins at the right
    CHECK(ink(Align::left, Valign::top, "\u0633\u0644\u0627\u0645").right < 120);
}

TEST_CASE("long lines are broken as told", "[text]") {
    const auto ink = [](Wrap wrap) {
        TextStyle style = sized(120, 300);
        style.wrap = wrap;
        Pen pen(style);
        return ink_of(pen("wwwwwwwwwwww ii"));
    };
    CHECK(ink(Wrap::none).bottom < 40);
    CHECK(ink(Wrap::word).bottom > 40);
    CHECK(ink(Wrap::word).bottom < 80);
    CHECK(ink(Wrap::word_character).bottom > 80);
    CHECK(ink(Wrap::character).bottom > 80);
}

TEST_CASE("fit shrinks letters until they fit, and breaks no word for it", "[text]") {
    TextStyle style = sized(200, 60, 100);
    style.fit = true;
    Pen pen(style);
    const Ink ink = ink_of(pen("incomprehensibilities"));
    CHECK(ink.bottom <= 60);
    CHECK(ink.right <= 200);
    CHECK(ink.width() > 150);
    CHECK(ink.height() < 30);
    CHECK(ink_of(pen("a")).height() > 25);  // the next one is large again
}

TEST_CASE("outline, shadow and box lie behind the letters", "[text]") {
    TextStyle style;
    style.colour = {255, 255, 255, 255};
    Pen plain(style);
    const TextPicture bare = plain("I");
    style.outline = 3;
    style.outline_colour = {255, 0, 0, 255};
    Pen outlined(style);
    const TextPicture picture = outlined("I");
    CHECK(picture.extent.width == bare.extent.width + 6);
    const Ink ink = ink_of(picture);
    CHECK(ink.width() == ink_of(bare).width() + 6);
    const std::uint32_t row = picture.extent.height / 2;
    CHECK(channel(picture, ink.left + 1, row, 1) < 30);                 // red
    CHECK(channel(picture, ink.left + ink.width() / 2, row, 1) > 220);  // white

    style.outline = 0;
    style.shadow = Shadow{6, 4, 0, {0, 255, 0, 255}};
    Pen shaded(style);
    const TextPicture shadow = shaded("I");
    CHECK(shadow.extent.width == bare.extent.width + 6);
    CHECK(ink_of(shadow).right == ink_of(bare).right + 6);
    CHECK(ink_of(shadow).bottom == ink_of(bare).bottom + 4);

    style.shadow.reset();
    style.box = Rgba{0, 0, 0, 128};
    Pen boxed(style);
    const TextPicture box = boxed("I");
    CHECK(box.extent.width > bare.extent.width + 6);
    CHECK(alpha(box, 1, 1) == 128);
}

TEST_CASE("markup colours and underlines", "[text]") {
    TextStyle style;
    style.markup = true;
    Pen pen(style);
    const TextPicture picture = pen("a<span foreground='#ff0000' background='#0000ff'>b</span><u>c</u>");
    bool red = false, blue = false;
    for (std::uint32_t x = 0; x < picture.extent.width; ++x) {
        for (std::uint32_t y = 0; y < picture.extent.height; ++y) {
            red = red || (channel(picture, x, y, 0) > 250 && channel(picture, x, y, 2) < 5);
            blue = blue || (channel(picture, x, y, 2) > 250 && channel(picture, x, y, 0) < 5);
        }
    }
    CHECK(red);
    CHECK(blue);
    CHECK(ink_of(pen("<u>c</u>")).bottom > ink_of(pen("c")).bottom);
    CHECK_THROWS_WITH(pen("<b>x"), ContainsSubstring("cannot read the markup: "));
}

TEST_CASE("any bytes are text", "[text]") {
    Pen pen;
    const auto width = [&](std::string_view text) { return pen(text).extent.width; };
    CHECK(width("a\xff"
                "b") == width("a\xef\xbf\xbd"
                              "b"));
    CHECK(width("a\x01\x1b\x7f\xc2\x9b"
                "b") == width("ab"));
    CHECK(width(std::string_view("a\0b", 3)) == width("ab"));
    CHECK(pen("a\r\nb").extent == pen("a\nb").extent);
    CHECK(pen("a\rb").extent == pen("a\nb").extent);
    CHECK(width("a\tb") > width("ab"));
    const TextPicture empty = pen("");
    CHECK(empty.extent == Extent{1, 38});
    CHECK(ink_of(empty).width() == 0);
    Pen in_size(sized(20, 10));
    CHECK(in_size("").extent == Extent{20, 10});
}

TEST_CASE("ten thousand accents on a letter are drawn in a bounded picture", "[text]") {
    std::string text = "a";
    for (int i = 0; i < 10000; ++i) text += "\u0301";
    Pen pen;
    const TextPicture picture = pen(text);
    CHECK(picture.extent.height < 200);
    CHECK(picture.extent.width < 200);
}

TEST_CASE("a word of sixteen thousand letters is broken in no time, like a short one", "[text]") {
    // Takes a hundred times as long, beyond the test's time limit, where each line shapes the rest of the word anew.
    Pen pen(sized(40, 4000));
    for (int i = 0; i < 20; ++i) pen(std::string(16000, 'x'));
    const Ink many = ink_of(pen(std::string(1000, 'x')), 0, 300), few = ink_of(pen(std::string(100, 'x')), 0, 300);
    CHECK(many.right == few.right);
    CHECK(many.bottom == few.bottom);
}

TEST_CASE("long text is cut nowhere within a letter", "[text]") {
    // 1200 bytes of Arabic in one line; its letters stay joined.
    std::string text;
    for (int i = 0; i < 600; ++i) text += "\u0628";
    TextStyle style;
    style.font_size = 10;
    Pen pen(style);
    CHECK(pieces(pen(text)) == 1);
    // Nor does it overrule markup.
    style.markup = true;
    style.size = Extent{4000, 100};
    Pen marked(style);
    const std::string letters(500, 'i');
    const Ink plain = ink_of(marked(letters + letters)),
              wide = ink_of(marked("<span letter_spacing='1024'>" + letters + letters + "</span>"));
    CHECK(wide.width() == Approx(plain.width() + 999).margin(20));
}

TEST_CASE("a picture beyond the limits is refused before memory is taken", "[text]") {
    Pen pen;
    CHECK_THROWS_WITH(pen(std::string(16000, 'w')), ContainsSubstring("over the limit of 16384 a side"));
    Pen huge(sized(16000, 16000));
    CHECK_THROWS_WITH(huge("x"), ContainsSubstring("16000x16000, over the limit of 16384 a side and 67108864 pixels"));
}

TEST_CASE("fonts are families, descriptions or files", "[text]") {
    const auto width = [](const std::string& font) {
        TextStyle style;
        style.font = font;
        Pen pen(style);
        const auto result = pen("Hello").extent.width;
        CHECK(pen.missing.empty());
        return result;
    };
    CHECK(width("DejaVu Sans") == width(""));
    CHECK(width("DejaVu Sans Bold") > width(""));
    CHECK(width("/usr/share/fonts/truetype/vlgothic/VL-Gothic-Regular.ttf") < width(""));
    TextStyle style;
    style.font = "No Such Font";
    Pen pen(style);
    CHECK(pen.missing ==
          std::vector<std::string>{"no font is called 'No Such Font': 'DejaVu Sans' takes its place (fc-list : family lists them)"});
    style.font = FRAMEPIPE_SOURCE "/tests/text/render_test.cpp";
    CHECK_THROWS_WITH(Pen(style), ContainsSubstring("cannot use the font ") && ContainsSubstring("it is no font file"));
    style.font = FRAMEPIPE_SOURCE "/tests/text/references/bitmap.bdf";
    CHECK_THROWS_WITH(Pen(style), ContainsSubstring("it is neither TrueType nor OpenType"));
    style.font = "none.ttf";
    CHECK_THROWS_WITH(Pen(style), Equals("cannot read the font none.ttf: no such file or directory"));
}
