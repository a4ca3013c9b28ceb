// From every pixel format to every other.
#include "image/convert.hpp"

#include "catch.hpp"
#include "pictures.hpp"

using namespace framepipe;
using namespace framepipe_test;
using F = PixelFormat;

TEST_CASE("primary colours have their numbers of BT.601 and BT.709", "[image]") {
    struct Known {
        Rgb rgb;
        Range range;
        Matrix matrix;
        std::array<int, 3> yuv;
    };
    const Known known[] = {
        {{255, 0, 0}, Range::limited, Matrix::bt601, {81, 90, 240}},    {{0, 255, 0}, Range::limited, Matrix::bt601, {145, 54, 34}},
        {{0, 0, 255}, Range::limited, Matrix::bt601, {41, 240, 110}},   {{255, 255, 255}, Range::limited, Matrix::bt601, {235, 128, 128}},
        {{0, 0, 0}, Range::limited, Matrix::bt601, {16, 128, 128}},     {{255, 0, 0}, Range::full, Matrix::bt601, {76, 85, 255}},
        {{0, 255, 0}, Range::full, Matrix::bt601, {150, 44, 21}},       {{255, 0, 0}, Range::limited, Matrix::bt709, {63, 102, 240}},
        {{0, 255, 0}, Range::limited, Matrix::bt709, {173, 42, 26}},    {{0, 0, 255}, Range::limited, Matrix::bt709, {32, 240, 118}},
        {{128, 128, 128}, Range::full, Matrix::bt709, {128, 128, 128}},
    };
    for (const Known& k : known) {
        INFO(int(k.rgb[0]) << ' ' << int(k.rgb[1]) << ' ' << int(k.rgb[2]) << ' ' << int(k.range) << ' ' << int(k.matrix));
        const Image yuv = convert(flat({1, 1}, k.rgb).view(), F::yuv444p, kWhite, k.range, k.matrix);
        CHECK(values(yuv) == std::vector<int>(k.yuv.begin(), k.yuv.end()));
        CHECK(yuv.range == k.range);
        CHECK(yuv.matrix == k.matrix);
        CHECK(worst_difference(convert(yuv.view(), F::rgb24), flat({1, 1}, k.rgb)) <= 2);
    }
}

TEST_CASE("a flat colour survives each way from format to format, at odd sizes too", "[image]") {
    const auto extent = GENERATE(Extent{1, 1}, Extent{3, 5}, Extent{4, 2});
    const Rgb colour = GENERATE(Rgb{200, 90, 30}, Rgb{0, 0, 0}, Rgb{77, 77, 77}, Rgb{255, 255, 255});
    const Image source = flat(extent, colour);
    const Image gray = convert(convert(source.view(), F::gray).view(), F::rgb24);
    for (F from : all_pixel_formats()) {
        for (Range range : {Range::limited, Range::full}) {
            const Image first = convert(source.view(), from, kWhite, range, Matrix::bt709);
            CHECK(first.pixels.size() == picture_size(from, extent));
            for (F to : all_pixel_formats()) {
                INFO(name_of(from) << " to " << name_of(to) << ' ' << extent.width << 'x' << extent.height << " range " << int(range));
                const Image second = convert(first.view(), to, kWhite, Range::full, Matrix::bt601);
                CHECK(second.pixels.size() == picture_size(to, extent));
                const bool loses_colour = from == F::gray || from == F::gray16le || to == F::gray || to == F::gray16le;
                CHECK(worst_difference(convert(second.view(), F::rgb24), loses_colour ? gray : source) <= 3);
            }
        }
    }
}

TEST_CASE("a limited gray ramp comes out full, and a full one limited", "[image]") {
    const Image limited = picture(F::yuv420p, {6, 1}, {16, 17, 100, 126, 234, 235, 128, 128, 128, 128, 128, 128});
    CHECK(values(convert(limited.view(), F::gray)) == std::vector<int>{0, 1, 98, 128, 254, 255});
    CHECK(values(convert(limited.view(), F::rgb24))[6] == 98);
    const Image full = picture(F::gray, {3, 1}, {0, 128, 255});
    CHECK(values(convert(full.view(), F::yuyv422)) == std::vector<int>{16, 128, 126, 128, 235, 128, 235, 128});
    const Image same = convert(limited.view(), F::yuv420p, kWhite, Range::limited, Matrix::bt601);
    CHECK(values(same) == values(limited));
}

TEST_CASE("layouts of YUV hold the same samples", "[image]") {
    const Image yuyv = picture(F::yuyv422, {3, 2}, {1, 10, 2, 20, 3, 30, 99, 40, 4, 50, 5, 60, 6, 70, 99, 80});
    CHECK(values(convert(yuyv.view(), F::yuv422p)) == std::vector<int>{1, 2, 3, 4, 5, 6, 10, 30, 50, 70, 20, 40, 60, 80});
    CHECK(values(convert(yuyv.view(), F::yuv444p)) == std::vector<int>{1, 2, 3, 4, 5, 6, 10, 10, 30, 50, 50, 70, 20, 20, 40, 60, 60, 80});
    CHECK(values(convert(yuyv.view(), F::yuv420p)) == std::vector<int>{1, 2, 3, 4, 5, 6, 30, 50, 40, 60});
    CHECK(values(convert(yuyv.view(), F::nv12)) == std::vector<int>{1, 2, 3, 4, 5, 6, 30, 40, 50, 60});
    const Image nv12 = picture(F::nv12, {3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17});
    CHECK(values(convert(nv12.view(), F::yuv420p)) == std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 11, 13, 15, 17});
    CHECK(values(convert(nv12.view(), F::yuv422p)) ==
          std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 10, 12, 14, 16, 11, 13, 11, 13, 15, 17});
}

TEST_CASE("channels change places, and alpha is made or blended", "[image]") {
    const Image rgba = picture(F::rgba, {2, 1}, {255, 0, 0, 255, 10, 20, 30, 128});
    CHECK(values(convert(rgba.view(), F::bgra)) == std::vector<int>{0, 0, 255, 255, 30, 20, 10, 128});
    CHECK(values(convert(rgba.view(), F::rgb24)) == std::vector<int>{255, 0, 0, 132, 137, 142});
    CHECK(values(convert(rgba.view(), F::bgr24, {0, 0, 0})) == std::vector<int>{0, 0, 255, 15, 10, 5});
    CHECK(values(convert(rgba.view(), F::gray, {0, 0, 0})) == std::vector<int>{76, 9});
    const Image clear = picture(F::bgra, {1, 1}, {1, 2, 3, 0});
    CHECK(values(convert(clear.view(), F::rgb24, {9, 8, 7})) == std::vector<int>{9, 8, 7});
    const Image gray = picture(F::gray, {2, 1}, {0, 200});
    CHECK(values(convert(gray.view(), F::rgba)) == std::vector<int>{0, 0, 0, 255, 200, 200, 200, 255});
}

TEST_CASE("8 and 16 bits scale by 257, rounded", "[image]") {
    const Image gray = picture(F::gray, {2, 1}, {255, 0x12});
    CHECK(values(convert(gray.view(), F::gray16le)) == std::vector<int>{255, 255, 0x12, 0x12});
    const Image deep = picture(F::gray16le, {4, 1}, {0x80, 0x00, 0x81, 0x00, 0xff, 0xff, 0x12, 0x12});
    CHECK(values(convert(deep.view(), F::gray)) == std::vector<int>{0, 1, 255, 0x12});
    const Image rgb48 = picture(F::rgb48le, {1, 1}, {0x34, 0x12, 0x78, 0x56, 0xbc, 0x9a});
    CHECK(values(convert(rgb48.view(), F::rgba64le)) == std::vector<int>{0x34, 0x12, 0x78, 0x56, 0xbc, 0x9a, 0xff, 0xff});
    const Image half = picture(F::rgba64le, {1, 1}, {0, 0, 0, 0, 0, 0, 0, 0x80});
    CHECK(values(convert(half.view(), F::rgb48le)) == std::vector<int>{0xff, 0x7f, 0xff, 0x7f, 0xff, 0x7f});
}

TEST_CASE("16-bit values of every level scale to the nearest of 8 bits", "[image]") {
    Image deep{F::gray16le, {65536, 1}, {}, {}, Block(131072)};
    for (std::size_t i = 0; i < 65536; ++i) {
        deep.pixels.data()[2 * i] = static_cast<std::byte>(i & 255);
        deep.pixels.data()[2 * i + 1] = static_cast<std::byte>(i >> 8);
    }
    const Image out = convert(deep.view(), F::gray);
    int wrong = 0;
    for (std::size_t i = 0; i < 65536; ++i) wrong += byte_at(out, i) != (i + 128) / 257;
    CHECK(wrong == 0);
}
