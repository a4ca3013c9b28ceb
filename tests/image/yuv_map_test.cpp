// Ranges and matrices of YUV, right to the level.
#include "image/yuv_map.hpp"

#include <cmath>
#include <cstdlib>
#include <numeric>

#include "catch.hpp"

using namespace framepipe;

namespace {

std::array<std::uint8_t, 256> all_bytes() {
    std::array<std::uint8_t, 256> bytes{};
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    return bytes;
}

int rounded(double value) {
    return static_cast<int>(std::clamp(std::floor(value + 0.5), 0.0, 255.0));
}

}  // namespace

TEST_CASE("limited range becomes full with each value rounded exactly", "[image]") {
    const YuvMap map({Range::limited, Matrix::bt601}, {Range::full, Matrix::bt601});
    const auto in = all_bytes();
    std::array<std::uint8_t, 256> luma{}, u{}, v{};
    map.luma(in.data(), luma.data(), 256);
    map.chroma(in.data(), in.data(), u.data(), v.data(), 256);
    for (int i = 0; i < 256; ++i) {
        INFO(i);
        CHECK(luma[i] == rounded((i - 16) * 255.0 / 219));
        CHECK(u[i] == rounded(128 + (i - 128) * 255.0 / 224));
        CHECK(v[i] == u[i]);
    }
    CHECK(luma[16] == 0);
    CHECK(luma[235] == 255);
    CHECK(u[128] == 128);
}

TEST_CASE("full range becomes limited with each value rounded exactly", "[image]") {
    const YuvMap map({Range::full, Matrix::bt709}, {Range::limited, Matrix::bt709});
    auto values = all_bytes();
    const auto in = values;
    std::array<std::uint8_t, 256> u{}, v{};
    map.chroma(in.data(), in.data(), u.data(), v.data(), 256);
    map.luma(values.data(), values.data(), 256);  // in place
    for (int i = 0; i < 256; ++i) {
        INFO(i);
        CHECK(values[i] == rounded(16 + i * 219.0 / 255));
        CHECK(u[i] == rounded(128 + (i - 128) * 224.0 / 255));
        CHECK(v[i] == u[i]);
    }
}

TEST_CASE("another matrix gives the numbers of the same colour, to the level", "[image]") {
    for (const Range from : {Range::limited, Range::full}) {
        for (const Range to : {Range::limited, Range::full}) {
            const YuvMap map({from, Matrix::bt709}, {to, Matrix::bt601});
            CHECK(map.mixes());
            const double zero = from == Range::full ? 0 : 16, scale = from == Range::full ? 255 : 219,
                         chroma = from == Range::full ? 255 : 224;
            const double to_zero = to == Range::full ? 0 : 16, to_scale = to == Range::full ? 255 : 219,
                         to_chroma = to == Range::full ? 255 : 224;
            for (int y = 16; y <= 235; y += 9) {
                for (int a = 16; a <= 240; a += 16) {
                    for (int b = 16; b <= 240; b += 16) {
                        const std::uint8_t in_y[2] = {static_cast<std::uint8_t>(y), static_cast<std::uint8_t>(y)};
                        const auto in_u = static_cast<std::uint8_t>(a), in_v = static_cast<std::uint8_t>(b);
                        std::uint8_t out_y[2], out_u = 0, out_v = 0;
                        map.luma(in_y, &in_u, &in_v, 2, out_y, 2);
                        map.chroma(&in_u, &in_v, &out_u, &out_v, 1);
                        const double l = (y - zero) / scale, u = (a - 128) / chroma, v = (b - 128) / chroma;
                        const double red = l + 2 * (1 - 0.2126) * v, blue = l + 2 * (1 - 0.0722) * u;
                        const double green = (l - 0.2126 * red - 0.0722 * blue) / 0.7152;
                        const double luma = 0.299 * red + 0.587 * green + 0.114 * blue;
                        INFO(y << ' ' << a << ' ' << b);
                        CHECK(out_y[0] == out_y[1]);
                        // The weights are in 1/65536, which can turn a value that lies at the middle of two levels.
                        const auto close = [](int got, double exact) { return std::abs(got - std::clamp(exact, 0.0, 255.0)) < 0.51; };
                        CHECK(close(out_y[0], to_zero + to_scale * luma));
                        CHECK(close(out_u, 128 + to_chroma * (blue - luma) / 1.772));
                        CHECK(close(out_v, 128 + to_chroma * (red - luma) / 1.402));
                    }
                }
            }
        }
    }
}

TEST_CASE("the last pixel of an odd row has its own chroma", "[image]") {
    const YuvMap map({Range::full, Matrix::bt709}, {Range::full, Matrix::bt601});
    const std::uint8_t y[3] = {100, 100, 100}, u[2] = {128, 40}, v[2] = {128, 200};
    std::uint8_t out[3];
    map.luma(y, u, v, 2, out, 3);
    CHECK(out[0] == 100);
    CHECK(out[1] == 100);
    CHECK(out[2] != 100);
}
