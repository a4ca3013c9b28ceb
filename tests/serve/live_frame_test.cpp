#include "serve/live_frame.hpp"

#include "catch.hpp"
#include "codec/codec.hpp"

using namespace framepipe;
using namespace framepipe::serve;

namespace {

struct World {
    Metrics metrics;
    PagePipe pipe;
    PictureMaker maker{80, metrics};

    FramePtr frame(Header header, std::string_view payload) {
        return std::make_shared<LiveFrame>(Frame{std::move(header), Bytes::copy_of(payload)}, 1, FrameContext{maker, metrics});
    }
    FramePtr pixels() {
        Header header("image/x-raw");
        header.set("format", "rgb24");
        header.set("width", std::int64_t{2});
        header.set("height", std::int64_t{1});
        return frame(std::move(header), "abcdef");
    }
};

}  // namespace

TEST_CASE("the bytes of each wrapping are as the protocol says", "[serve]") {
    World world;
    Header header("image/jpeg");
    header.set("time_us", std::int64_t{1700000000000042});
    const auto frame = world.frame(header, "JPEG");
    CHECK(frame->message({Wrap::bare, As::image})->text() == "\x82\x04JPEG");
    CHECK(frame->message({Wrap::bare, As::base64})->text() == "\x81\x08SlBFRw==");
    CHECK(frame->message({Wrap::bare, As::data_url})->text() ==
          "\x81\x1f"
          "data:image/jpeg;base64,SlBFRw==");
    CHECK(frame->message({Wrap::bare_meta, As::image})->text() ==
          "\x81\x30{\"type\":\"image/jpeg\",\"time_us\":1700000000000042}\x82\x04JPEG");
    CHECK(frame->message({Wrap::mjpeg, As::jpeg})->text() ==
          "Content-Type: image/jpeg\r\nContent-Length: 4\r\nX-Timestamp: 1700000000.000042\r\n\r\nJPEG\r\n--framepipe-boundary\r\n");
    const std::string whole = frame->message({Wrap::v1, As::image})->text();
    CHECK(whole.substr(0, 2) == "\x82\x7e");
    CHECK(whole.substr(4, 4) == "FPF1");
    CHECK_THAT(whole, ContainsSubstring("\"stages\":{\"wsserve\":"));
    CHECK(whole.ends_with("JPEG"));
}

TEST_CASE("a form is made once, and shared", "[serve]") {
    World world;
    const auto frame = world.pixels();
    const auto first = frame->message({Wrap::bare, As::image});
    CHECK(frame->message({Wrap::bare, As::image}) == first);
    frame->message({Wrap::mjpeg, As::jpeg});
    frame->message({Wrap::bare, As::data_url});
    CHECK(world.metrics.jpeg_encodes == 1);
    frame->message({Wrap::bare, As::raw});
    frame->message({Wrap::v1, As::raw});
    CHECK(world.metrics.rgba_decodes == 1);
    CHECK(frame->message({Wrap::bare, As::raw})->text() == std::string("\x82\x08"
                                                                       "abc\xff"
                                                                       "def\xff"));
}

TEST_CASE("lossless is a PNG of pixels, and what is a picture already as it came", "[serve]") {
    World world;
    const auto pixels = world.pixels();
    const auto picture = pixels->picture(As::lossless);
    REQUIRE(picture);
    CHECK(picture->header.type() == "image/png");
    const Image image = decode_image(picture->bytes, PixelFormat::rgb24);
    CHECK(std::string_view(reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size()) == pixels->payload().text());
    const std::string whole = pixels->message({Wrap::v1, As::lossless})->text();
    CHECK_THAT(whole, ContainsSubstring("\"type\":\"image/png\"") && !ContainsSubstring("rgb24"));
    CHECK(world.metrics.png_encodes == 1);
    const auto jpeg = world.frame(Header("image/jpeg"), "JPEG");
    CHECK(jpeg->message({Wrap::bare, As::lossless})->text() == "\x82\x04JPEG");
    CHECK(world.metrics.png_encodes == 1);
}

TEST_CASE("memory is counted while anybody holds the frame or a message of it", "[serve]") {
    World world;
    auto frame = world.frame(Header("image/jpeg"), std::string(20000, 'x'));
    auto message = frame->message({Wrap::bare, As::image});
    auto in_pages = std::make_shared<const Message>(message, PageStore::small(message->size()), world.pipe, world.metrics.live_bytes);
    REQUIRE(in_pages->in_pages());
    CHECK(world.metrics.live_bytes == 20000 + 20004);  // the pages too
    frame.reset();
    message.reset();
    CHECK(world.metrics.live_frames == 1);  // a message in pages keeps its frame
    in_pages.reset();
    CHECK(world.metrics.live_frames == 0);
    CHECK(world.metrics.live_bytes == 0);
}

TEST_CASE("what cannot be shown has no message, and other frames keep theirs", "[serve]") {
    World world;
    Header header("image/x-raw");
    header.set("format", "rgb24");
    header.set("width", std::int64_t{100});
    header.set("height", std::int64_t{100});
    const auto broken = world.frame(header, "too short");
    CHECK_FALSE(broken->message({Wrap::bare, As::image}));
    CHECK_FALSE(broken->message({Wrap::bare, As::data_url}));
    CHECK_FALSE(broken->picture(As::jpeg));
    CHECK(world.metrics.bad_pictures == 1);
    const auto text = world.frame(Header("text/plain"), "words");
    CHECK_FALSE(text->message({Wrap::mjpeg, As::jpeg}));
    CHECK(text->message({Wrap::bare, As::raw})->text() == "\x81\x05words");
}
