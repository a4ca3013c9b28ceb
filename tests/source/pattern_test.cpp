#include "source/pattern.hpp"

#include "catch.hpp"
#include "image/font.hpp"
#include "source/schedule.hpp"

using namespace framepipe;

namespace {

/// Reads what the pattern wrote, from the light of the pixels alone: finds the line's dots and
/// compares each letter with the font.
std::string read_line(const std::vector<std::uint8_t>& gray, Extent extent, std::uint32_t scale, std::size_t letters, std::uint32_t top) {
    std::string text;
    const std::uint32_t left = (extent.width - static_cast<std::uint32_t>(letters) * kGlyphAdvance * scale) / 2;
    for (std::size_t i = 0; i < letters; ++i) {
        char found = '?';
        for (const char candidate : std::string("0123456789:.#")) {
            bool same = true;
            for (std::uint32_t row = 0; row < kGlyphHeight && same; ++row) {
                for (std::uint32_t column = 0; column < kGlyphWidth && same; ++column) {
                    const std::uint32_t x = left + (static_cast<std::uint32_t>(i) * kGlyphAdvance + column) * scale + scale / 2;
                    const std::uint32_t y = top + row * scale + scale / 2;
                    const bool white = gray[std::size_t{y} * extent.width + x] > 127;
                    same = white == ((glyph(candidate)[row] >> (kGlyphWidth - 1 - column) & 1) == 1);
                }
            }
            if (same) found = candidate;
        }
        text += found;
    }
    return text;
}

std::vector<std::uint8_t> as_gray(const Bytes& pixels, PixelFormat format, Extent extent) {
    const Image image = convert(ImageView{format, extent, Range::limited, Matrix::bt601, pixels.span()}, PixelFormat::gray);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(image.pixels.data());
    return {bytes, bytes + image.pixels.size()};
}

constexpr std::int64_t kTime = 1'700'000'012'345'678;

}  // namespace

TEST_CASE("number and clock can be read from the picture in every pixel format", "[source]") {
    const Extent extent{640, 480};
    for (const auto format : all_pixel_formats()) {
        INFO(name_of(format));
        const Pattern pattern(extent, format);
        const Bytes pixels = pattern.draw(90'210, kTime);
        REQUIRE(pixels.size() == picture_size(format, extent));
        const auto gray = as_gray(pixels, format, extent);
        // The panel is black across the picture; the letters are 7 dots, 9 from line to line.
        const std::uint32_t scale = 7;
        const std::uint32_t panel = (480 / 2 - 20 * scale / 2) & ~1U;
        CHECK(read_line(gray, extent, scale, 6, panel + 2 * scale) == "#90210");
        CHECK(read_line(gray, extent, scale, 12, panel + 11 * scale) == clock_text(kTime));
    }
}

TEST_CASE("the clock is the local time to the millisecond", "[source]") {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    CHECK(clock_text(kTime) == "22:13:32.345");
    CHECK(clock_text(0) == "00:00:00.000");
}

TEST_CASE("pictures of any size are whole, and each differs from the one before", "[source]") {
    for (const Extent extent : {Extent{1, 1}, Extent{2, 1}, Extent{1, 3}, Extent{3, 3}, Extent{17, 5}, Extent{101, 77}, Extent{4096, 2}}) {
        for (const auto format : all_pixel_formats()) {
            INFO(name_of(format) << " " << extent.width << "x" << extent.height);
            const Pattern pattern(extent, format);
            CHECK(pattern.draw(0, kTime).size() == picture_size(format, extent));
            CHECK(pattern.draw(~0ULL, kTime).size() == picture_size(format, extent));
            if (extent.width < 17 || extent.height < 5) continue;
            for (std::uint64_t n = 0; n < 50; ++n) {
                const Bytes a = pattern.draw(n, kTime);
                const Bytes b = pattern.draw(n + 1, kTime);
                REQUIRE(a.text() != b.text());
            }
        }
    }
}

TEST_CASE("the header says what the pixels are", "[source]") {
    CHECK(Pattern({64, 48}, PixelFormat::rgb24).header().text() == R"({"type":"image/x-raw","format":"rgb24","width":64,"height":48})");
    const Header yuv = Pattern({3, 5}, PixelFormat::nv12).header();
    CHECK(yuv.string("range") == "limited");
    CHECK(yuv.string("matrix") == "bt601");
}

TEST_CASE("the schedule is absolute: a thousand frames at any rate end where they must", "[source]") {
    const auto start = SteadyClock::now();
    using std::chrono::nanoseconds;
    CHECK(Schedule(100, start).due(1000) - start == std::chrono::seconds(10));
    CHECK(Schedule(30000.0 / 1001, start).due(30'000) - start == std::chrono::seconds(1001));
    CHECK(Schedule(3, start).due(3'000'000'000) - start == std::chrono::seconds(1'000'000'000));
    for (const double fps : {0.5, 3.0, 7.0, 29.97, 1000.0}) {
        const Schedule schedule(fps, start);
        for (std::uint64_t n = 0; n < 2000; ++n) {
            INFO(fps << " " << n);
            REQUIRE(schedule.newest(schedule.due(n)) == n);
            REQUIRE(schedule.newest(schedule.due(n + 1) - nanoseconds(1)) == n);
        }
        CHECK(schedule.newest(start - std::chrono::seconds(1)) == 0);
    }
}

TEST_CASE("sleeping ends at once when told to stop or to give up", "[source]") {
    std::stop_source stop;
    stop.request_stop();
    const auto never = SteadyClock::now() + std::chrono::hours(1);
    CHECK_FALSE(sleep_until(never, stop.get_token()));
    CHECK_FALSE(sleep_until(never, {}, [] { return true; }));
    CHECK(sleep_until(SteadyClock::now() - std::chrono::seconds(1), {}));
}
