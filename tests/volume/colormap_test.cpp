#include "volume/colormap.hpp"

#include <array>
#include <map>

#include "catch.hpp"
#include "frame/error.hpp"

using namespace framepipe;

namespace {

using Colour = std::array<int, 3>;

/// What matplotlib shows at these levels of 255.
constexpr std::array kLevels{0, 51, 102, 128, 179, 230, 255};
const std::map<std::string, std::array<Colour, 7>> kPublished{
    {"viridis", {{{68, 1, 84}, {65, 68, 135}, {42, 120, 142}, {33, 145, 140}, {68, 191, 112}, {189, 223, 38}, {253, 231, 37}}}},
    {"inferno", {{{0, 0, 4}, {66, 10, 104}, {147, 38, 103}, {188, 55, 84}, {243, 120, 25}, {246, 215, 70}, {252, 255, 164}}}},
    {"magma", {{{0, 0, 4}, {59, 15, 112}, {140, 41, 129}, {183, 55, 121}, {247, 112, 92}, {254, 207, 146}, {252, 253, 191}}}},
    {"plasma", {{{13, 8, 135}, {106, 0, 168}, {177, 42, 144}, {204, 71, 120}, {242, 132, 75}, {252, 206, 37}, {240, 249, 33}}}},
    {"cividis", {{{0, 34, 78}, {53, 69, 108}, {102, 105, 112}, {125, 124, 120}, {174, 163, 113}, {229, 207, 82}, {254, 232, 56}}}},
    {"turbo", {{{48, 18, 59}, {62, 155, 254}, {70, 248, 132}, {164, 252, 60}, {254, 164, 49}, {195, 37, 3}, {122, 4, 3}}}},
    {"bone", {{{0, 0, 0}, {45, 45, 62}, {89, 92, 121}, {112, 123, 144}, {157, 185, 188}, {221, 233, 233}, {255, 255, 255}}}},
    {"hot", {{{11, 0, 0}, {144, 0, 0}, {255, 23, 0}, {255, 92, 0}, {255, 225, 0}, {255, 255, 157}, {255, 255, 255}}}},
};

}  // namespace

TEST_CASE("colour maps are within 2 levels of the published ones", "[colormap]") {
    for (const auto& [name, colours] : kPublished) {
        const Palette<std::uint8_t> palette(Colormap::named(name));
        for (std::size_t i = 0; i < kLevels.size(); ++i) {
            const auto level = static_cast<std::uint8_t>(kLevels[i]);
            std::uint8_t rgb[3];
            palette(&level, 1, rgb);
            for (std::size_t c = 0; c < 3; ++c) {
                INFO(name << " at " << kLevels[i] << ", channel " << c << ": " << int{rgb[c]});
                CHECK(std::abs(rgb[c] - colours[i][c]) <= 2);
            }
        }
    }
    CHECK(kPublished.size() + 1 == colormap_names().size());
}

TEST_CASE("the smooth maps have no steps and no kinks that are not theirs", "[colormap]") {
    for (const std::string_view name : colormap_names()) {
        const Colormap map = Colormap::named(name);
        for (int i = 1; i < 4096; ++i) {
            const auto one = map.at((i - 1) / 4095.0), two = map.at(i / 4095.0);
            for (std::size_t c = 0; c < 3; ++c) {
                INFO(name << " at " << i);
                CHECK(std::abs(two[c] - one[c]) < 2.0 / 255);
            }
        }
    }
}

TEST_CASE("16 bits have colours between those of 8", "[colormap]") {
    const Palette<std::uint16_t> palette(Colormap::named("gray"));
    const std::uint16_t levels[] = {0, 1, 257, 65535};
    std::uint16_t rgb[12];
    palette(levels, 4, rgb);
    CHECK(std::vector<int>(rgb, rgb + 12) == std::vector<int>{0, 0, 0, 1, 1, 1, 257, 257, 257, 65535, 65535, 65535});
    CHECK_THROWS_WITH(Colormap::named("jet"), ContainsSubstring("'jet' is no colour map: it is one of gray, viridis"));
}
