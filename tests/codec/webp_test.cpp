// WebP, lossy and lossless.
#include "../image/pictures.hpp"
#include "catch.hpp"
#include "codec/codec.hpp"
#include "frame/error.hpp"

using namespace framepipe;
using namespace framepipe_test;
using F = PixelFormat;

TEST_CASE("lossless WebP keeps every byte, under full transparency too", "[codec]") {
    EncodeOptions options;
    options.webp_lossless = true;
    const auto encoder = make_encoder(ImageType::webp, options);
    const auto extent = GENERATE(Extent{1, 1}, Extent{3, 5}, Extent{20, 9});
    for (F format : {F::rgb24, F::bgr24, F::rgba, F::bgra, F::gray}) {
        INFO(name_of(format));
        Image image{format, extent, {}, {}, Block(picture_size(format, extent))};
        for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels.data()[i] = static_cast<std::byte>(i * 37);
        CHECK(worst_difference(decode_image(encoder->encode(image.view()), format), image) == 0);
    }
}

TEST_CASE("lossy WebP of any pixel format keeps the colour", "[codec]") {
    EncodeOptions options;
    options.jpeg.quality = 95;
    const auto encoder = make_encoder(ImageType::webp, options);
    const Image source = flat({19, 7}, {200, 90, 30});
    for (F format : all_pixel_formats()) {
        INFO(name_of(format));
        const Image in = convert(source.view(), format, kWhite, Range::full, Matrix::bt709);
        CHECK(worst_difference(decode_image(encoder->encode(in.view()), F::rgb24), convert(in.view(), F::rgb24)) <= 6);
    }
    const Image half = picture(F::rgba, {1, 1}, {200, 90, 30, 77});
    CHECK(values(decode_image(encoder->encode(half.view())))[3] == 77);
}

TEST_CASE("a WebP that is cut, damaged or too large is an error", "[codec]") {
    const auto encoder = make_encoder(ImageType::webp, {});
    const Bytes whole = encoder->encode(flat({32, 32}, {1, 2, 3}).view());
    CHECK_THROWS_WITH(decode_image(whole.span().first(whole.size() - 5)), Equals("cannot decode WebP: the data ends too early"));
    CHECK_THROWS_WITH(decode_image(whole.span().first(16)), ContainsSubstring("cannot decode"));
    CHECK_THROWS_WITH(decode_image(whole, {}, 1023), Equals("cannot decode WebP: 32x32 is over the limit of 1023 pixels"));
    const Image wide{F::gray, {16384, 1}, {}, {}, Block(16384)};
    CHECK_THROWS_WITH(encoder->encode(wide.view()), Equals("cannot encode 16384x1 as WebP: each side must be 1 to 16383"));
}
