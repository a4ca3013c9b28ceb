#include "image/resample.hpp"

#include <algorithm>
#include <vector>

#include "catch.hpp"

using namespace framepipe;

namespace {

template <typename Sample>
std::vector<int> scaled(std::vector<Sample> samples, Extent extent, unsigned channels, Extent size) {
    std::vector<Sample> out(std::size_t{channels} * size.width * size.height);
    resample(samples.data(), extent, channels, out.data(), size);
    return {out.begin(), out.end()};
}

using Eight = std::vector<std::uint8_t>;
using Sixteen = std::vector<std::uint16_t>;

}  // namespace

TEST_CASE("a picture of the same size stays as it is", "[resample]") {
    const Eight samples{0, 1, 2, 100, 254, 255};
    CHECK(scaled(samples, {3, 2}, 1, {3, 2}) == std::vector<int>{0, 1, 2, 100, 254, 255});
    CHECK(scaled(samples, {1, 2}, 3, {1, 2}) == std::vector<int>{0, 1, 2, 100, 254, 255});
}

TEST_CASE("a picture that shrinks has the means of what its pixels cover", "[resample]") {
    CHECK(scaled(Eight{0, 10, 20, 30, 100, 110, 120, 130}, {4, 2}, 1, {2, 1}) == std::vector<int>{55, 75});
    // Parts of pixels count by their part: 3 to 2 is 1 + 1/2, 1/2 + 1.
    CHECK(scaled(Eight{0, 90, 255}, {3, 1}, 1, {2, 1}) == std::vector<int>{30, 200});
}

TEST_CASE("a picture that grows is interpolated between the middles of its pixels", "[resample]") {
    CHECK(scaled(Eight{0, 100}, {2, 1}, 1, {4, 1}) == std::vector<int>{0, 25, 75, 100});
    CHECK(scaled(Eight{0, 100}, {1, 2}, 1, {1, 4}) == std::vector<int>{0, 25, 75, 100});
}

TEST_CASE("channels do not mix, and 16 bits keep their depth", "[resample]") {
    CHECK(scaled(Eight{0, 100, 200, 10, 110, 210}, {2, 1}, 3, {1, 1}) == std::vector<int>{5, 105, 205});
    CHECK(scaled(Sixteen{65535, 0, 1000, 65535, 0, 1002}, {2, 1}, 3, {1, 1}) == std::vector<int>{65535, 0, 1001});
}

TEST_CASE("one level stays that level in any size", "[resample]") {
    for (const Extent size : {Extent{1, 1}, Extent{7, 5}, Extent{64, 3}, Extent{13, 200}}) {
        const auto white = scaled(Sixteen(31 * 17, 65535), {31, 17}, 1, size);
        CHECK(std::count(white.begin(), white.end(), 65535) == static_cast<std::ptrdiff_t>(white.size()));
    }
}
