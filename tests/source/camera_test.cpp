// Of cameras, what needs none; tests/camera has the rest.
#include "source/camera.hpp"

#include <deque>

#include "catch.hpp"
#include "frame/error.hpp"
#include "source/fixtures.hpp"
#include "source/v4l2_devices.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

class Given : public Source {
public:
    explicit Given(std::deque<Frame> frames) : frames_(std::move(frames)) {}
    std::optional<Frame> next() override {
        if (frames_.empty()) return std::nullopt;
        Frame frame = std::move(frames_.front());
        frames_.pop_front();
        return frame;
    }

private:
    std::deque<Frame> frames_;
};

Frame jpeg(const std::string& bytes) {
    return {Header("image/jpeg"), Bytes::copy_of(bytes)};
}

}  // namespace

TEST_CASE("cut JPEGs of a camera are left out and said once; pixels pass", "[source]") {
    Words words;
    std::deque<Frame> frames;
    for (const auto& bytes : {kJpeg.substr(0, 20), kJpeg, std::string("junk"), kJpeg}) frames.push_back(jpeg(bytes));
    frames.push_back({Header("image/x-raw"), Bytes::copy_of("pixels")});
    JpegCare care(std::make_unique<Given>(std::move(frames)), "/dev/video0", words.say());
    for (int i = 0; i < 2; ++i) {
        const auto frame = care.next();
        REQUIRE(frame);
        CHECK(frame->payload.text().starts_with(kJpeg.substr(0, 15)));
        CHECK(frame->header.width() == 3);
    }
    CHECK(care.next()->payload.text() == "pixels");
    CHECK_FALSE(care.next());
    CHECK(words.all() == std::vector<std::string>{"/dev/video0: the JPEG is cut short; such pictures are left out"});
}

TEST_CASE("a device that is no camera, or not there, says so", "[source]") {
    CHECK_THROWS_WITH(query_camera("/dev/null"), Equals("/dev/null is no camera"));
    CHECK_THROWS_WITH(query_camera("/dev/video987"),
                      Equals("cannot open /dev/video987: no such file or directory; capture --list-devices shows what there is"));
}

TEST_CASE("a camera that only libcamera reads comes with the line to type", "[source]") {
    CHECK_THROWS_WITH(
        check_driver("/dev/video0", "unicam"),
        Equals("/dev/video0 is a camera that only libcamera can read (driver unicam); try: rpicam-vid -t 0 --codec mjpeg -o - | wsserve"));
    CHECK_NOTHROW(check_driver("/dev/video0", "uvcvideo"));
}

TEST_CASE("the list of cameras is for people", "[source]") {
    CHECK(describe({}).empty());
    CHECK(describe({{"/dev/video0", "Cam", "uvcvideo", {{"MJPG", "Motion-JPEG", {"640x480 (30 fps)"}}}}}) ==
          "/dev/video0  Cam (uvcvideo)\n    MJPG  Motion-JPEG\n        640x480 (30 fps)\n");
}
