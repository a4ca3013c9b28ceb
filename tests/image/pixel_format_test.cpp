// Names, sizes and planes of pixel formats, and what frames may say of them.
#include "image/pixel_format.hpp"

#include <limits>
#include <map>

#include "catch.hpp"
#include "frame/error.hpp"
#include "image/colour.hpp"

using namespace framepipe;

TEST_CASE("every format has a name of its own by which it is found", "[image]") {
    CHECK(all_pixel_formats().size() == 13);
    for (PixelFormat format : all_pixel_formats()) CHECK(pixel_format(name_of(format)) == format);
    CHECK_FALSE(pixel_format("yuv410p"));
    CHECK_FALSE(pixel_format(""));
}

TEST_CASE("a picture of odd size has the bytes that the format says", "[image]") {
    const std::map<std::string, std::uint64_t> sizes{{"rgb24", 45},    {"bgr24", 45},   {"rgba", 60},      {"bgra", 60},    {"gray", 15},
                                                     {"gray16le", 30}, {"rgb48le", 90}, {"rgba64le", 120}, {"yuyv422", 40}, {"yuv420p", 27},
                                                     {"yuv422p", 35},  {"yuv444p", 45}, {"nv12", 27}};
    for (PixelFormat format : all_pixel_formats()) {
        INFO(name_of(format));
        CHECK(picture_size(format, {3, 5}) == sizes.at(std::string(name_of(format))));
    }
    // No side that a frame may have overflows.
    CHECK(picture_size(PixelFormat::rgba64le, {1U << 28, 1U << 28}) == std::uint64_t{1} << 59);
}

TEST_CASE("planes of an odd picture follow each other", "[image]") {
    const auto planes = planes_of(PixelFormat::yuv420p, {3, 5});
    CHECK(planes[0].stride == 3);
    CHECK(planes[0].rows == 5);
    CHECK(planes[1].offset == 15);
    CHECK(planes[1].stride == 2);
    CHECK(planes[1].rows == 3);
    CHECK(planes[2].offset == 21);
    const auto nv12 = planes_of(PixelFormat::nv12, {3, 5});
    CHECK(nv12[1].offset == 15);
    CHECK(nv12[1].stride == 4);
    CHECK(nv12[2].rows == 0);
}

namespace {

Frame raw(const std::string& header, std::size_t size) {
    return {Header::parse(header), Bytes::from(std::string(size, 'x'))};
}

}  // namespace

TEST_CASE("the pixels of a frame are what its header says", "[image]") {
    const Frame frame = raw(R"({"type":"image/x-raw","format":"yuv420p","width":3,"height":5,"range":"full","matrix":"bt709"})", 27);
    const ImageView view = raw_view(frame);
    CHECK(view.format == PixelFormat::yuv420p);
    CHECK(view.extent == Extent{3, 5});
    CHECK(view.range == Range::full);
    CHECK(view.matrix == Matrix::bt709);
    const Frame plain = raw(R"({"type":"image/x-raw","format":"nv12","width":2,"height":2})", 6);
    CHECK(raw_view(plain).range == Range::limited);
    CHECK(raw_view(plain).matrix == Matrix::bt601);
}

TEST_CASE("a frame that does not hold the pixels it says is an error that names both", "[image]") {
    const auto error = [](const std::string& header, std::size_t size) {
        try {
            const Frame frame = raw(header, size);
            raw_view(frame);
        } catch (const Error& e) {
            return std::string(e.what());
        }
        return std::string("none");
    };
    CHECK(error(R"({"type":"image/x-raw","format":"rgb24","width":2,"height":2})", 11) ==
          "cannot take pixels: the payload has 11 bytes, 2x2 rgb24 is 12");
    CHECK(error(R"({"type":"image/x-raw","format":"rgb24","width":0,"height":2})", 0) ==
          "cannot take pixels of 0x2: not the size of a picture");
    CHECK(error(R"({"type":"image/x-raw","format":"rgb24","width":4294967296,"height":4294967296})", 0) ==
          "cannot take pixels of 4294967296x4294967296: not the size of a picture");
    CHECK(error(R"({"type":"image/x-raw","format":"rgb25","width":1,"height":1})", 3) == "cannot take pixels of format 'rgb25': unknown");
    CHECK(error(R"({"type":"image/x-raw","width":1,"height":1})", 3) == "cannot take pixels without a format: the header names none");
    CHECK(error(R"({"type":"image/x-raw","format":"nv12","width":1,"height":1,"range":"wide"})", 3) ==
          "cannot take pixels of range 'wide': neither limited nor full");
    CHECK(error(R"({"type":"image/jpeg"})", 3) == "cannot take image/jpeg as pixels");
}

TEST_CASE("a header describes pixels, and YUV's kind only for YUV", "[image]") {
    Header header = Header::parse(R"({"type":"image/jpeg","x":1e400})");
    ImageView view{PixelFormat::nv12, {4, 2}, Range::full, Matrix::bt709, {}};
    describe_raw(header, view);
    CHECK(header.text() == R"({"type":"image/x-raw","x":1e400,"format":"nv12","width":4,"height":2,"range":"full","matrix":"bt709"})");
    view.format = PixelFormat::rgb24;
    describe_raw(header, view);
    CHECK(header.text() == R"({"type":"image/x-raw","x":1e400,"format":"rgb24","width":4,"height":2})");
}

TEST_CASE("colours are hexadecimal or names", "[image]") {
    CHECK(parse_colour("#102aFF") == Rgb{0x10, 0x2a, 0xff});
    CHECK(parse_colour("#f08") == Rgb{255, 0, 136});
    CHECK(parse_colour("orange") == Rgb{255, 165, 0});
    for (const char* bad : {"", "#", "#12", "#12345", "#gggggg", "#-12", "123456", "no", "#+12345"}) {
        INFO(bad);
        CHECK_THROWS_WITH(parse_colour(bad), ContainsSubstring("is no colour"));
    }
}
