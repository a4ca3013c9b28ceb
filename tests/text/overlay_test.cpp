#include <cstring>

#include "catch.hpp"
#include "fonts.hpp"
#include "frame/error.hpp"
#include "image/convert.hpp"
#include "text/overlay.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

constexpr Extent kExtent{320, 200};

Image sky() {
    Image image{PixelFormat::rgb24, kExtent, {}, {}, Block(3 * std::size_t{kExtent.width} * kExtent.height)};
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        image.pixels.data()[i] = static_cast<std::byte>(i % 3 == 2 ? 200 : 60 + (i / 3) % kExtent.width / 4);
    }
    return image;
}

Frame raw(Image image) {
    Frame frame{Header("image/x-raw"), {}};
    describe_raw(frame.header, image.view());
    frame.header.set("seq", std::int64_t{4});
    frame.payload = std::move(image.pixels).share();
    return frame;
}

Frame encoded(ImageType type, bool lossless = false) {
    EncodeOptions options;
    options.jpeg.quality = 95;
    options.webp_lossless = lossless;
    const Image image = sky();
    return {Header(mime_of(type)), make_encoder(type, options)->encode(image.view())};
}

Image pixels(const Frame& frame) {
    if (!frame.header.is_raw()) return decode_image(frame.payload, PixelFormat::rgb24);
    return convert(raw_view(frame), PixelFormat::rgb24);
}

/// Where two pictures differ by more than `tolerance`.
Ink differing(const Image& a, const Image& b, int tolerance) {
    Ink ink{~0U, ~0U, 0, 0};
    for (std::uint32_t y = 0; y < kExtent.height; ++y) {
        for (std::uint32_t x = 0; x < kExtent.width; ++x) {
            for (std::uint32_t c = 0; c < 3; ++c) {
                const std::size_t i = 3 * (std::size_t{kExtent.width} * y + x) + c;
                if (std::abs(static_cast<int>(a.pixels.data()[i]) - static_cast<int>(b.pixels.data()[i])) <= tolerance) continue;
                ink = {std::min(ink.left, x), std::min(ink.top, y), std::max(ink.right, x + 1), std::max(ink.bottom, y + 1)};
            }
        }
    }
    return ink.right == 0 ? Ink{} : ink;
}

}  // namespace

TEST_CASE("text lies over pixels of every format, and nothing else changes", "[text]") {
    Pen pen;
    Overlay overlay(pen.renderer, {parse_anchor("bottom-right"), 20, 10}, 92);
    for (const PixelFormat format : all_pixel_formats()) {
        INFO(name_of(format));
        const Image image = sky();
        const Frame before = raw(convert(image.view(), format));
        const Frame after = overlay.draw(before, "Hello");
        CHECK(after.header.text() == before.header.text());
        CHECK(after.payload.size() == before.payload.size());
        const Ink ink = differing(pixels(before), pixels(after), 8);
        CHECK(ink.right <= 300);
        CHECK(ink.right > 290);
        CHECK(ink.bottom <= 190);
        CHECK(ink.top > 140);
        CHECK(ink.width() > 60);
        // Outside of the text's rectangle the bytes are the same.
        CHECK(std::memcmp(before.payload.data(), after.payload.data(), before.payload.size() / 4) == 0);
    }
}

TEST_CASE("JPEG, PNG and WebP are drawn on and stay what they are", "[text]") {
    Pen pen;
    Overlay overlay(pen.renderer, {parse_anchor("top-left"), 8, 8}, 92);
    struct Case {
        ImageType type;
        bool lossless;
        int tolerance;
    };
    for (const Case& c : {Case{ImageType::jpeg, false, 40}, Case{ImageType::png, false, 0}, Case{ImageType::webp, true, 0},
                          Case{ImageType::webp, false, 40}}) {
        INFO(mime_of(c.type) << (c.lossless ? " lossless" : ""));
        const Frame before = encoded(c.type, c.lossless);
        const Frame after = overlay.draw(before, "Hello");
        CHECK(after.header.type() == mime_of(c.type));
        CHECK(after.header.width() == kExtent.width);
        const Ink ink = differing(pixels(before), pixels(after), c.tolerance);
        CHECK(ink.left >= 4);
        CHECK(ink.width() > 60);
        CHECK(ink.right < 110);
        CHECK(ink.bottom < 60);
    }
}

TEST_CASE("no text leaves a picture untouched", "[text]") {
    Pen pen;
    Overlay overlay(pen.renderer, {}, 92);
    const Frame before = encoded(ImageType::jpeg);
    const Frame after = overlay.draw(before, "");
    CHECK(after.payload.data() == before.payload.data());
}

TEST_CASE("an overlay is broken into lines where the picture ends", "[text]") {
    Pen pen;
    Overlay overlay(pen.renderer, {parse_anchor("top-left"), 10, 0}, 92);
    const Frame before = raw(sky());
    const Ink ink = differing(pixels(before), pixels(overlay.draw(before, "many words that are too long for a line")), 8);
    CHECK(ink.right <= 310);
    CHECK(ink.bottom > 60);
}

TEST_CASE("each anchor is where its name says", "[text]") {
    const Frame before = raw(sky());
    for (const char* name : {"top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right"}) {
        INFO(name);
        Pen pen;
        Overlay overlay(pen.renderer, {parse_anchor(name), 0, 0}, 92);
        const Ink ink = differing(pixels(before), pixels(overlay.draw(before, "oo")), 8);
        const std::string words = name;
        const std::uint32_t x = ink.left + ink.width() / 2, y = ink.top + ink.height() / 2;
        const bool left = words.ends_with("left"), right = words.ends_with("right"), top = words.starts_with("top"),
                   bottom = words.starts_with("bottom");
        CHECK((left ? x < 40 : right ? x > 280 : x > 155 && x < 165));
        CHECK((top ? y < 40 : bottom ? y > 160 : y > 90 && y < 112));
    }
    CHECK_THROWS_WITH(parse_anchor("north"), Equals("'north' is no anchor: top-left, top, top-right, left, center, right, bottom-left, "
                                                    "bottom or bottom-right"));
}

TEST_CASE("what is no picture, or a broken one, is said", "[text]") {
    Pen pen;
    Overlay overlay(pen.renderer, {}, 92);
    CHECK_THROWS_WITH(overlay.draw({Header("image/gif"), {}}, "x"), Equals("cannot draw on image/gif"));
    CHECK_THROWS_AS(overlay.draw({Header("image/jpeg"), Bytes::copy_of("no jpeg")}, "x"), Error);
    Frame cut = raw(sky());
    cut.payload = cut.payload.part(0, 100);
    CHECK_THROWS_AS(overlay.draw(cut, "x"), Error);
}
