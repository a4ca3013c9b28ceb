// Pictures turned upright.
#include "image/turn.hpp"
#include "catch.hpp"
#include "pictures.hpp"

using namespace framepipe;
using namespace framepipe_test;

TEST_CASE("each of the eight orientations puts the pixels where EXIF says", "[image]") {
    // 1 2 3
    // 4 5 6
    const Image stored = picture(PixelFormat::gray, {3, 2}, {1, 2, 3, 4, 5, 6});
    const std::vector<std::vector<int>> expected = {
        {1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1}, {4, 5, 6, 1, 2, 3},
        {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3}, {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4},
    };
    for (int number = 1; number <= 8; ++number) {
        INFO("orientation " << number);
        const Image turned = upright(stored.view(), static_cast<Orientation>(number));
        CHECK(values(turned) == expected[static_cast<std::size_t>(number - 1)]);
        CHECK(turned.extent == (number < 5 ? Extent{3, 2} : Extent{2, 3}));
    }
}

TEST_CASE("pixels of every packed format turn as a whole", "[image]") {
    for (const PixelFormat format : all_pixel_formats()) {
        if (is_yuv(format)) continue;
        INFO(name_of(format));
        const Extent extent{2, 1};
        Image stored{format, extent, {}, {}, Block(picture_size(format, extent))};
        for (std::size_t i = 0; i < stored.pixels.size(); ++i) stored.pixels.data()[i] = static_cast<std::byte>(i);
        const std::size_t half = stored.pixels.size() / 2;
        const Image turned = upright(stored.view(), Orientation::left_bottom);
        REQUIRE(turned.extent == Extent{1, 2});
        for (std::size_t i = 0; i < half; ++i) {
            CHECK(byte_at(turned, i) == half + i);
            CHECK(byte_at(turned, half + i) == i);
        }
    }
}
