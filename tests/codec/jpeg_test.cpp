// JPEG from every pixel format and back.
#include <cstdlib>

#include "catch.hpp"
#include "codec/codec.hpp"
#include "frame/error.hpp"
#include "frame/image_info.hpp"
#include "image/convert.hpp"

using namespace framepipe;

namespace {

std::uint8_t at(const Image& image, std::size_t index) { return static_cast<std::uint8_t>(image.pixels.data()[index]); }

// A picture whose colours change slowly, so that JPEG keeps them to a few levels.
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

int worst_difference(const Image& a, const Image& b) {
    REQUIRE(a.pixels.size() == b.pixels.size());
    int worst = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) worst = std::max(worst, std::abs(at(a, i) - at(b, i)));
    return worst;
}

JpegOptions best() {
    JpegOptions options;
    options.quality = 100;
    return options;
}

}  // namespace

TEST_CASE("a JPEG of any pixel format, range, matrix and size decodes to the colours that went in", "[codec]") {
    const auto extent = GENERATE(Extent{1, 1}, Extent{3, 5}, Extent{5, 3}, Extent{16, 16}, Extent{17, 31}, Extent{64, 48}, Extent{2, 1}, Extent{1, 2});
    const Image source = ramp(extent);
    JpegEncoder encoder(best());
    for (PixelFormat format : all_pixel_formats()) {
        for (Range range : {Range::limited, Range::full}) {
            for (Matrix matrix : {Matrix::bt601, Matrix::bt709}) {
                if (!is_yuv(format) && (range == Range::full || matrix == Matrix::bt709)) continue;
                INFO(name_of(format) << ' ' << extent.width << 'x' << extent.height << " range " << int(range) << " matrix " << int(matrix));
                const Image in = convert(source.view(), format, kWhite, range, matrix);
                const Image expected = convert(in.view(), PixelFormat::rgb24);
                const Image out = decode_image(encoder.encode(in.view()), PixelFormat::rgb24);
                CHECK(out.extent == extent);
                // Small odd pictures have few pixels a chroma sample, which the decoder smooths.
                const int allowed = extent.width * extent.height < 64 ? 90 : 20;
                CHECK(worst_difference(out, expected) <= allowed);
            }
        }
    }
}
