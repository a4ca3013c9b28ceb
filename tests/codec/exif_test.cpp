// JPEGs of cameras that were held on their side.
#include <string>

#include "../image/pictures.hpp"
#include "catch.hpp"
#include "codec/codec.hpp"
#include "codec/exif.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

// EXIF data of one entry, in either byte order.
std::string exif(int orientation, bool big) {
    const std::string low(1, '\0');
    const std::string number(1, static_cast<char>(orientation));
    std::string text("Exif\0\0", 6);
    if (big) {
        text += std::string("MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01", 18) + low + number + low + low;
    } else {
        text += std::string("II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18) + number + low + low + low;
    }
    return text + std::string(4, '\0');
}

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

// Left half black, right half white, 32x16, with EXIF data behind its SOI.
std::string jpeg(int orientation, Subsampling subsampling) {
    Image image = flat({32, 16}, {0, 0, 0});
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        if (i / 3 % 32 >= 16) image.pixels.data()[i] = std::byte{255};
    }
    JpegOptions options;
    options.subsampling = subsampling;
    const Bytes made = JpegEncoder(options).encode(image.view());
    const std::string marker = exif(orientation, false);
    const std::string plain(reinterpret_cast<const char*>(made.data()), made.size());
    return plain.substr(0, 2) + "\xff\xe1" + std::string(1, '\0') + static_cast<char>(marker.size() + 2) + marker + plain.substr(2);
}

// Whether the first row goes from black to white, and so on.
std::string look(const Image& image) {
    const Image gray = convert(image.view(), PixelFormat::gray);
    const auto [width, height] = gray.extent;
    const bool first = byte_at(gray, 0) > 128;
    const bool across = byte_at(gray, width - 1) > 128;
    const bool down = byte_at(gray, std::size_t{width} * (height - 1)) > 128;
    return std::string(first ? "w" : "b") + (across ? "w" : "b") + (down ? "w" : "b");
}

}  // namespace

TEST_CASE("the orientation is read in both byte orders", "[codec]") {
    for (int number = 1; number <= 8; ++number) {
        CHECK(exif_orientation(bytes_of(exif(number, false))) == static_cast<Orientation>(number));
        CHECK(exif_orientation(bytes_of(exif(number, true))) == static_cast<Orientation>(number));
    }
}

TEST_CASE("EXIF data that are cut or make no sense turn nothing", "[codec]") {
    const std::string whole = exif(6, true);
    for (std::size_t size = 0; size < whole.size() - 6; ++size) {
        INFO("cut after byte " << size);
        CHECK(exif_orientation(bytes_of(whole.substr(0, size))) == Orientation::top_left);
    }
    CHECK(exif_orientation(bytes_of(exif(0, false))) == Orientation::top_left);
    CHECK(exif_orientation(bytes_of(exif(9, false))) == Orientation::top_left);
    std::string far = whole;
    far.replace(10, 4, "\xff\xff\xff\xff");
    CHECK(exif_orientation(bytes_of(far)) == Orientation::top_left);
}

TEST_CASE("a JPEG decodes upright", "[codec]") {
    for (const Subsampling subsampling : {Subsampling::s420, Subsampling::s422, Subsampling::s444, Subsampling::gray}) {
        // As stored, mirrored, a quarter turn clockwise, a quarter turn counterclockwise.
        for (const auto& [number, expected] : {std::pair{1, "bwb"}, {2, "wbw"}, {6, "bbw"}, {8, "wwb"}}) {
            INFO("orientation " << number << ", subsampling " << static_cast<int>(subsampling));
            const std::string file = jpeg(number, subsampling);
            const Extent extent = number < 5 ? Extent{32, 16} : Extent{16, 32};
            for (const Image& image :
                 {decode_image(bytes_of(file)), decode_planes(bytes_of(file)), decode_image(bytes_of(file), PixelFormat::nv12),
                  decode_image(bytes_of(file), PixelFormat::bgra), decode_image(bytes_of(file), PixelFormat::gray)}) {
                CHECK(image.extent == extent);
                CHECK(look(image) == expected);
            }
        }
    }
}
