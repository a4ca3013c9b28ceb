// JPEG from every pixel format, and back.
#include <cstdio>

#include <jpeglib.h>

#include "../image/pictures.hpp"
#include "catch.hpp"
#include "codec/codec.hpp"
#include "frame/error.hpp"
#include "frame/image_info.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

// Colours change slowly, so that JPEG keeps them to a few levels.
Image ramp(Extent extent) {
    Image image{PixelFormat::rgb24, extent, {}, {}, Block(picture_size(PixelFormat::rgb24, extent))};
    std::size_t i = 0;
    for (std::uint32_t y = 0; y < extent.height; ++y) {
        for (std::uint32_t x = 0; x < extent.width; ++x) {
            image.pixels.data()[i++] = static_cast<std::byte>(40 + 150 * x / extent.width);
            image.pixels.data()[i++] = static_cast<std::byte>(60 + 120 * y / extent.height);
            image.pixels.data()[i++] = static_cast<std::byte>(200 - 100 * (x + y) / (extent.width + extent.height));
        }
    }
    return image;
}

JpegOptions best() {
    JpegOptions options;
    options.quality = 100;
    return options;
}

// Horizontal and vertical sampling factors of the first component, and the number of components.
std::array<int, 3> sampling(const Bytes& jpeg) {
    jpeg_decompress_struct info;
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(jpeg.data()), jpeg.size());
    jpeg_read_header(&info, TRUE);
    const std::array<int, 3> found{info.comp_info[0].h_samp_factor, info.comp_info[0].v_samp_factor, info.num_components};
    jpeg_destroy_decompress(&info);
    return found;
}

// How many restart markers there are, which must be in their order.
int restarts(const Bytes& jpeg) {
    int count = 0;
    for (std::size_t i = 0; i + 1 < jpeg.size(); ++i) {
        const int code = std::to_integer<int>(jpeg.data()[i + 1]);
        if (jpeg.data()[i] != std::byte{0xFF} || code < 0xD0 || code > 0xD7) continue;
        CHECK(code == 0xD0 + count % 8);
        ++count;
    }
    return count;
}

Bytes cmyk_jpeg(const std::array<JSAMPLE, 4>& inks, bool adobe, J_COLOR_SPACE stored) {
    jpeg_compress_struct info;
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* out = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &out, &size);
    info.image_width = info.image_height = 8;
    info.input_components = 4;
    info.in_color_space = JCS_CMYK;
    jpeg_set_defaults(&info);
    jpeg_set_colorspace(&info, stored);
    jpeg_set_quality(&info, 100, TRUE);
    info.write_Adobe_marker = adobe ? TRUE : FALSE;
    jpeg_start_compress(&info, TRUE);
    std::vector<JSAMPLE> row;
    for (int x = 0; x < 8; ++x) row.insert(row.end(), inks.begin(), inks.end());
    JSAMPROW rows[1] = {row.data()};
    while (info.next_scanline < 8) jpeg_write_scanlines(&info, rows, 1);
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    Bytes bytes = Bytes::copy_of(std::as_bytes(std::span(out, size)));
    std::free(out);
    return bytes;
}

}  // namespace

TEST_CASE("a JPEG of any pixel format, range, matrix and size decodes to the colours that went in", "[codec]") {
    const auto extent = GENERATE(Extent{1, 1}, Extent{3, 5}, Extent{5, 3}, Extent{16, 16}, Extent{17, 31}, Extent{64, 48}, Extent{2, 1});
    const Image source = ramp(extent);
    JpegEncoder encoder(best());
    for (PixelFormat format : all_pixel_formats()) {
        for (Range range : {Range::limited, Range::full}) {
            for (Matrix matrix : {Matrix::bt601, Matrix::bt709}) {
                if (!is_yuv(format) && (range == Range::full || matrix == Matrix::bt709)) continue;
                INFO(name_of(format) << ' ' << extent.width << 'x' << extent.height << " range " << int(range) << " matrix "
                                     << int(matrix));
                const Image in = convert(source.view(), format, kWhite, range, matrix);
                const Image out = decode_image(encoder.encode(in.view()));
                CHECK(out.extent == extent);
                // Luma is what no subsampling blurs.
                const Image expected = convert(in.view(), PixelFormat::gray);
                CHECK(worst_difference(convert(out.view(), PixelFormat::gray), expected) <= 5);
                // The colour as a whole; small odd pictures have few pixels a chroma sample, which the decoder smooths.
                const int allowed = extent.width < 16 ? 90 : 14;
                CHECK(worst_difference(convert(out.view(), PixelFormat::rgb24), convert(in.view(), PixelFormat::rgb24)) <= allowed);
            }
        }
    }
}

TEST_CASE("a large JPEG is of bands, and the same whoever helps", "[codec]") {
    const auto [extent, most] = GENERATE(std::pair{Extent{512, 512}, 3}, std::pair{Extent{1023, 777}, 7}, std::pair{Extent{40, 5001}, 3},
                                         std::pair{Extent{65500, 35}, 4}, std::pair{Extent{256, 255}, 0});
    const Image source = ramp(extent);
    JpegEncoder encoder(best());
    Crew crew(3);
    for (PixelFormat format : {PixelFormat::gray, PixelFormat::gray16le, PixelFormat::rgb24, PixelFormat::rgba, PixelFormat::yuv444p,
                               PixelFormat::yuv420p, PixelFormat::nv12, PixelFormat::yuyv422}) {
        INFO(name_of(format) << ' ' << extent.width << 'x' << extent.height);
        const Image in = convert(source.view(), format);
        const Bytes alone = encoder.encode(in.view());
        const int marks = restarts(alone);
        CHECK(marks <= most);
        CHECK((marks > 0) == (most > 0));
        CHECK(encoder.encode(in.view(), &crew).text() == alone.text());
        const Image out = decode_image(alone);
        CHECK(out.extent == extent);
        CHECK(worst_difference(convert(out.view(), PixelFormat::gray), convert(in.view(), PixelFormat::gray)) <= 5);
        CHECK(worst_difference(convert(out.view(), PixelFormat::rgb24), convert(in.view(), PixelFormat::rgb24)) <= 14);
    }
}

TEST_CASE("planes go into a JPEG and come out again to the level", "[codec]") {
    const Extent extent{48, 40};
    JpegEncoder encoder(best());
    for (PixelFormat format : {PixelFormat::yuv420p, PixelFormat::yuv422p, PixelFormat::yuv444p}) {
        INFO(name_of(format));
        const Image in = convert(ramp(extent).view(), format, kWhite, Range::full, Matrix::bt601);
        const Image out = decode_planes(encoder.encode(in.view()));
        CHECK(out.format == format);
        CHECK(out.range == Range::full);
        CHECK(worst_difference(out, in) <= 2);
    }
}

TEST_CASE("a limited gray ramp comes out of a JPEG full", "[codec]") {
    const auto format = GENERATE(PixelFormat::yuv420p, PixelFormat::nv12, PixelFormat::yuyv422);
    Image gray{PixelFormat::gray, {220, 16}, {}, {}, Block(220 * 16)};
    for (std::size_t i = 0; i < gray.pixels.size(); ++i) gray.pixels.data()[i] = static_cast<std::byte>((i % 220) * 255 / 219);
    const Image limited = convert(gray.view(), format);
    const auto luma = static_cast<int>(limited.pixels.data()[format == PixelFormat::yuyv422 ? 2 * 219 : 219]);
    CHECK(luma == 235);
    JpegEncoder encoder(best());
    CHECK(worst_difference(decode_image(encoder.encode(limited.view()), PixelFormat::gray), gray) <= 2);
}

TEST_CASE("YUV keeps its subsampling, and an asked one is made", "[codec]") {
    const Image rgb = ramp({32, 32});
    const auto encoded = [&](PixelFormat format, JpegOptions options) {
        return sampling(JpegEncoder(options).encode(convert(rgb.view(), format).view()));
    };
    CHECK(encoded(PixelFormat::rgb24, {}) == std::array<int, 3>{2, 2, 3});
    CHECK(encoded(PixelFormat::yuyv422, {}) == std::array<int, 3>{2, 1, 3});
    CHECK(encoded(PixelFormat::yuv444p, {}) == std::array<int, 3>{1, 1, 3});
    CHECK(encoded(PixelFormat::gray16le, {}) == std::array<int, 3>{1, 1, 1});
    JpegOptions options;
    options.subsampling_asked = true;
    for (PixelFormat format : {PixelFormat::rgba, PixelFormat::nv12, PixelFormat::yuv444p}) {
        options.subsampling = Subsampling::s422;
        CHECK(encoded(format, options) == std::array<int, 3>{2, 1, 3});
        options.subsampling = Subsampling::s444;
        CHECK(encoded(format, options) == std::array<int, 3>{1, 1, 3});
        options.subsampling = Subsampling::gray;
        CHECK(encoded(format, options) == std::array<int, 3>{1, 1, 1});
    }
    CHECK(parse_subsampling("444") == Subsampling::s444);
    CHECK_THROWS_WITH(parse_subsampling("411"), Equals("'411' is no subsampling: 420, 422, 444 or gray"));
}

TEST_CASE("transparent pixels blend over the matte in a JPEG", "[codec]") {
    const auto format = GENERATE(PixelFormat::rgba, PixelFormat::bgra, PixelFormat::rgba64le);
    const Image clear{PixelFormat::rgba, {16, 16}, {}, {}, Block(1024)};
    std::fill_n(const_cast<std::byte*>(clear.pixels.data()), 1024, std::byte{0});
    JpegOptions options = best();
    options.matte = {250, 128, 20};
    const Image out = decode_image(JpegEncoder(options).encode(convert(clear.view(), format).view()), PixelFormat::rgb24);
    CHECK(worst_difference(out, flat({16, 16}, options.matte)) <= 2);
}

TEST_CASE("inks of CMYK and YCCK become light", "[codec]") {
    const bool adobe = GENERATE(true, false);
    const J_COLOR_SPACE stored = GENERATE(JCS_CMYK, JCS_YCCK);
    if (stored == JCS_YCCK && !adobe) return;  // nothing would tell that it is YCCK
    // Adobe's programs store how much light is left.
    const std::array<JSAMPLE, 4> red = adobe ? std::array<JSAMPLE, 4>{255, 0, 0, 255} : std::array<JSAMPLE, 4>{0, 255, 255, 0};
    const Image out = decode_image(cmyk_jpeg(red, adobe, stored));
    CHECK(out.format == PixelFormat::rgb24);
    CHECK(worst_difference(out, flat({8, 8}, {255, 0, 0})) <= 4);
    CHECK(worst_difference(decode_image(cmyk_jpeg(red, adobe, stored), PixelFormat::bgra), convert(out.view(), PixelFormat::bgra)) == 0);
}

TEST_CASE("a JPEG that is cut anywhere is an error, not a picture with a hole", "[codec]") {
    const Bytes whole = JpegEncoder({}).encode(ramp({64, 64}).view());
    for (std::size_t n = 2; n + 2 < whole.size(); n += 7) {
        INFO("cut after byte " << n);
        CHECK_THROWS_WITH(decode_image(whole.span().first(n)), ContainsSubstring("cannot decode"));
    }
    CHECK_THROWS_WITH(decode_image(whole.span().first(whole.size() - 40)), Equals("cannot decode JPEG: premature end of JPEG file"));
}

TEST_CASE("a JPEG says its size before memory is taken for it", "[codec]") {
    std::string bomb(JpegEncoder({}).encode(ramp({16, 16}).view()).text());
    const auto sof = bomb.find("\xff\xc0");
    REQUIRE(sof != std::string::npos);
    bomb.replace(sof + 5, 4, "\x7f\xff\x7f\xff");
    CHECK_THROWS_WITH(decode_image(as_bytes(bomb)), Equals("cannot decode JPEG: 32767x32767 is over the limit of 268435456 pixels"));
    const Bytes small = JpegEncoder({}).encode(ramp({16, 16}).view());
    CHECK_THROWS_WITH(decode_image(small, {}, 255), Equals("cannot decode JPEG: 16x16 is over the limit of 255 pixels"));
    CHECK(decode_image(small, {}, 256).extent == Extent{16, 16});
}

TEST_CASE("a side that JPEG cannot have is an error that says the limit", "[codec]") {
    const Image wide{PixelFormat::gray, {65501, 1}, {}, {}, Block(65501)};
    CHECK_THROWS_WITH(JpegEncoder({}).encode(wide.view()), Equals("cannot encode 65501x1 as JPEG: each side must be 1 to 65500"));
    CHECK_THROWS_WITH(JpegEncoder({}).encode(ImageView{}), Equals("cannot encode 0x0 as JPEG: each side must be 1 to 65500"));
}

TEST_CASE("what is no picture is said to be none", "[codec]") {
    CHECK_THROWS_WITH(decode_image(as_bytes("hello")), Equals("cannot decode the picture: it is no JPEG, PNG or WebP"));
    CHECK_THROWS_WITH(decode_image({}), ContainsSubstring("no JPEG, PNG or WebP"));
}
