// PNG: lossless, and every kind of file that there is.
#include "../image/pictures.hpp"
#include "catch.hpp"
#include "codec/codec.hpp"
#include "frame/error.hpp"

using namespace framepipe;
using namespace framepipe_test;
using F = PixelFormat;

namespace {

std::string be32(std::uint32_t value) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
    return out;
}

std::string chunk(const std::string& type, const std::string& data) {
    std::uint32_t crc = ~0U;
    for (const char c : type + data) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
    }
    return be32(static_cast<std::uint32_t>(data.size())) + type + data + be32(~crc);
}

// A file of one row, each row with its filter byte, in one stored block of zlib.
std::string png(std::uint32_t width, std::uint32_t height, int depth, int colour, const std::string& between, const std::string& rows) {
    std::uint32_t a = 1, b = 0;
    for (const char c : rows) {
        a = (a + static_cast<unsigned char>(c)) % 65521;
        b = (b + a) % 65521;
    }
    std::string zlib("\x78\x01\x01", 3);
    zlib += static_cast<char>(rows.size() & 255);
    zlib += static_cast<char>(rows.size() >> 8);
    zlib += static_cast<char>(~rows.size() & 255);
    zlib += static_cast<char>((~rows.size() >> 8) & 255);
    zlib += rows + be32(b << 16 | a);
    const std::string head = be32(width) + be32(height) + static_cast<char>(depth) + static_cast<char>(colour) + std::string(3, '\0');
    return "\x89PNG\r\n\x1a\n" + chunk("IHDR", head) + between + chunk("IDAT", zlib) + chunk("IEND", "");
}

}  // namespace

TEST_CASE("pixels come back from PNG as they went in, 16 bits included", "[codec]") {
    const auto extent = GENERATE(Extent{1, 1}, Extent{3, 5}, Extent{40, 17});
    const int level = GENERATE(0, 3, 9);
    EncodeOptions options;
    options.png_level = level;
    const auto encoder = make_encoder(ImageType::png, options);
    for (F format : {F::rgb24, F::bgr24, F::rgba, F::bgra, F::gray, F::gray16le, F::rgb48le, F::rgba64le}) {
        INFO(name_of(format));
        Image image{format, extent, {}, {}, Block(picture_size(format, extent))};
        for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels.data()[i] = static_cast<std::byte>(i * 37 + i / 7);
        const Bytes bytes = encoder->encode(image.view());
        CHECK(worst_difference(decode_image(bytes, format), image) == 0);
        const F stored = format == F::bgr24 ? F::rgb24 : format == F::bgra ? F::rgba : format;
        CHECK(decode_image(bytes).format == stored);
    }
}

TEST_CASE("YUV goes into PNG as the RGB that it is", "[codec]") {
    const Image yuv = convert(flat({3, 5}, {200, 90, 30}).view(), F::nv12, kWhite, Range::full, Matrix::bt709);
    CHECK(worst_difference(decode_image(make_encoder(ImageType::png, {})->encode(yuv.view())), convert(yuv.view(), F::rgb24)) == 0);
}

TEST_CASE("palettes, low depths and transparent colours are expanded", "[codec]") {
    using namespace std::string_literals;
    // 1 bit of gray: 1 0 1.
    const Image bits = decode_image(as_bytes(png(3, 1, 1, 0, "", "\0\xa0"s)));
    CHECK(bits.format == F::gray);
    CHECK(values(bits) == std::vector<int>{255, 0, 255});
    CHECK(values(decode_image(as_bytes(png(2, 1, 2, 0, "", "\0\x60"s)))) == std::vector<int>{85, 170});
    CHECK(values(decode_image(as_bytes(png(2, 1, 4, 0, "", "\0\x1f"s)))) == std::vector<int>{17, 255});
    const std::string palette = chunk("PLTE", "\x01\x02\x03\xff\xfe\xfd"s);
    CHECK(values(decode_image(as_bytes(png(2, 1, 4, 3, palette, "\0\x10"s)))) == std::vector<int>{255, 254, 253, 1, 2, 3});
    const Image clear = decode_image(as_bytes(png(2, 1, 8, 3, palette + chunk("tRNS", "\x80"), "\0\x00\x01"s)));
    CHECK(clear.format == F::rgba);
    CHECK(values(clear) == std::vector<int>{1, 2, 3, 128, 255, 254, 253, 255});
    const Image colour_key = decode_image(as_bytes(png(1, 1, 8, 2, chunk("tRNS", "\0\x01\0\x02\0\x03"s), "\0\x01\x02\x03"s)));
    CHECK(values(colour_key) == std::vector<int>{1, 2, 3, 0});
    const Image gray_alpha = decode_image(as_bytes(png(1, 1, 16, 4, "", "\0\x12\x34\x80\x01"s)));
    CHECK(gray_alpha.format == F::rgba64le);
    CHECK(values(gray_alpha) == std::vector<int>{0x34, 0x12, 0x34, 0x12, 0x34, 0x12, 0x01, 0x80});
    // Where alpha is lost, it blends.
    CHECK(values(decode_image(as_bytes(png(1, 1, 8, 6, "", "\0\x10\x20\x30\0"s)), F::rgb24, kDefaultMaxPixels, {7, 8, 9})) ==
          std::vector<int>{7, 8, 9});
}

TEST_CASE("a PNG bomb is refused by its header", "[codec]") {
    CHECK_THROWS_WITH(decode_image(as_bytes(png(100000, 100000, 8, 2, "", ""))),
                      Equals("cannot decode PNG: 100000x100000 is over the limit of 268435456 pixels"));
    CHECK_THROWS_WITH(decode_image(as_bytes(png(0x7fffffff, 0x7fffffff, 16, 6, "", ""))), ContainsSubstring("over the limit"));
}

TEST_CASE("a damaged or cut PNG is an error that says why", "[codec]") {
    std::string whole = png(2, 1, 8, 0, "", std::string("\0ab", 3));
    for (std::size_t n = 8; n < whole.size(); ++n) {
        INFO("cut after byte " << n);
        CHECK_THROWS_WITH(decode_image(as_bytes(std::string_view(whole).substr(0, n))), ContainsSubstring("cannot decode"));
    }
    CHECK_THROWS_WITH(decode_image(as_bytes(std::string_view(whole).substr(0, 50))), Equals("cannot decode PNG: the data ends too early"));
    whole[whole.find("IDAT") + 12] ^= 1;
    CHECK_THROWS_WITH(decode_image(as_bytes(whole)), ContainsSubstring("cannot decode PNG: IDAT: "));
}
