#include <cmath>
#include <cstring>

#include "catch.hpp"
#include "image/convert.hpp"
#include "text/blend.hpp"

using namespace framepipe;

namespace {

constexpr Extent kExtent{41, 23};  // odd on both sides
constexpr Rgb kBelow{40, 90, 160};
constexpr Rgba kAbove{230, 120, 30, 255};

Image flat(PixelFormat format, Range range = Range::limited, Matrix matrix = Matrix::bt601) {
    Image rgb{PixelFormat::rgb24, kExtent, {}, {}, Block(3 * std::size_t{kExtent.width} * kExtent.height)};
    for (std::size_t i = 0; i < rgb.pixels.size(); ++i) rgb.pixels.data()[i] = static_cast<std::byte>(kBelow[i % 3]);
    return convert(rgb.view(), format, kWhite, range, matrix);
}

/// A patch of one colour and alpha.
struct Patch {
    Patch(Extent size, std::uint8_t a) : extent(size), bytes(4 * std::size_t{size.width} * size.height) {
        for (std::size_t i = 0; i < bytes.size(); i += 4) {
            bytes[i] = std::byte{kAbove.r};
            bytes[i + 1] = std::byte{kAbove.g};
            bytes[i + 2] = std::byte{kAbove.b};
            bytes[i + 3] = std::byte{a};
        }
    }
    ImageView view() const { return {PixelFormat::rgba, extent, {}, {}, bytes}; }
    Extent extent;
    std::vector<std::byte> bytes;
};

std::array<int, 3> pixel(const Image& rgb, int x, int y) {
    const auto* at = reinterpret_cast<const std::uint8_t*>(rgb.pixels.data()) +
                     3 * (static_cast<std::size_t>(y) * rgb.extent.width + static_cast<std::size_t>(x));
    return {at[0], at[1], at[2]};
}

/// What a pixel under the patch is to be, in RGB or, of gray pictures, in gray.
std::array<int, 3> expected(double a, bool gray) {
    const double above[] = {kAbove.r, kAbove.g, kAbove.b};
    std::array<int, 3> result{};
    for (std::size_t c = 0; c < 3; ++c) result[c] = static_cast<int>(std::lround(kBelow[c] * (1 - a) + above[c] * a));
    if (gray) result.fill(static_cast<int>(std::lround(0.299 * result[0] + 0.587 * result[1] + 0.114 * result[2])));
    return result;
}

int distance(const std::array<int, 3>& a, const std::array<int, 3>& b) {
    return std::max({std::abs(a[0] - b[0]), std::abs(a[1] - b[1]), std::abs(a[2] - b[2])});
}

}  // namespace

TEST_CASE("a patch lies over every pixel format in its own numbers, and touches nothing else", "[text]") {
    const int left = 6, top = 4, right = 18, bottom = 12;  // even, so that no chroma is shared with what lies beside it
    for (const PixelFormat format : all_pixel_formats()) {
        for (const Range range : {Range::limited, Range::full}) {
            for (const Matrix matrix : {Matrix::bt601, Matrix::bt709}) {
                for (const std::uint8_t a : std::initializer_list<std::uint8_t>{0, 100, 255}) {
                    INFO(name_of(format) << (range == Range::full ? " full" : " limited")
                                         << (matrix == Matrix::bt709 ? " bt709, alpha " : ", alpha ") << int{a});
                    Image image = flat(format, range, matrix);
                    const Image before = convert(image.view(), PixelFormat::rgb24);
                    const Patch patch({12, 8}, a);
                    blend(image, patch.view(), left, top);
                    const Image after = convert(image.view(), PixelFormat::rgb24);
                    const bool gray = format == PixelFormat::gray || format == PixelFormat::gray16le;
                    const int tolerance = is_yuv(format) ? 4 : 1;
                    int worst_inside = 0, worst_outside = 0;
                    for (int y = 0; y < static_cast<int>(kExtent.height); ++y) {
                        for (int x = 0; x < static_cast<int>(kExtent.width); ++x) {
                            const bool inside = x >= left && x < right && y >= top && y < bottom;
                            if (inside) {
                                worst_inside = std::max(worst_inside, distance(pixel(after, x, y), expected(a / 255.0, gray)));
                            } else {
                                worst_outside = std::max(worst_outside, distance(pixel(after, x, y), pixel(before, x, y)));
                            }
                        }
                    }
                    CHECK(worst_inside <= tolerance);
                    CHECK(worst_outside == 0);
                }
            }
        }
    }
}

TEST_CASE("a patch that reaches beyond the picture, or lies beside it, is cut", "[text]") {
    for (const PixelFormat format : all_pixel_formats()) {
        INFO(name_of(format));
        const Patch patch({12, 8}, 255);
        for (const auto& [x, y] : {std::pair{-5, -3}, {36, 19}, {-11, 22}, {40, -7}}) {
            Image image = flat(format);
            blend(image, patch.view(), x, y);
            const Image after = convert(image.view(), PixelFormat::rgb24);
            const int column = std::clamp(x, 0, 40), line = std::clamp(y, 0, 22);
            const bool gray = format == PixelFormat::gray || format == PixelFormat::gray16le;
            // At an odd edge, chroma is shared with pixels that the patch does not cover.
            CHECK(distance(pixel(after, column, line), expected(1, gray)) <= (is_yuv(format) ? 110 : 1));
            CHECK(pixel(after, 20, 15) == pixel(convert(flat(format).view(), PixelFormat::rgb24), 20, 15));
        }
        Image image = flat(format);
        const Image before = flat(format);
        for (const auto& [x, y] : {std::pair{-12, 0}, {41, 0}, {0, -8}, {0, 23}, {-100000, 100000}}) blend(image, patch.view(), x, y);
        CHECK(std::memcmp(image.pixels.data(), before.pixels.data(), before.pixels.size()) == 0);
    }
}

TEST_CASE("over transparent pixels the patch keeps its colour, straight", "[text]") {
    for (const PixelFormat format : {PixelFormat::rgba, PixelFormat::bgra, PixelFormat::rgba64le}) {
        INFO(name_of(format));
        const std::size_t size = picture_size(format, kExtent);
        Image image{format, kExtent, {}, {}, Block(size)};
        std::memset(image.pixels.data(), 0, size);
        const Patch patch({4, 4}, 100);
        blend(image, patch.view(), 0, 0);
        blend(image, patch.view(), 2, 0);
        const Image rgba = convert(image.view(), PixelFormat::rgba);
        const auto at = [&](std::size_t x, std::size_t c) { return static_cast<int>(rgba.pixels.data()[4 * x + c]); };
        CHECK(at(0, 0) == kAbove.r);
        CHECK(at(0, 2) == kAbove.b);
        CHECK(at(0, 3) == 100);
        CHECK(at(2, 0) == kAbove.r);
        CHECK(at(2, 3) == Approx(100 + 100 * 155 / 255.0).margin(1));
        CHECK(at(6, 3) == 0);
    }
}
