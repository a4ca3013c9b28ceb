// Frames and streams of frames with their pictures as another type.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "../image/pictures.hpp"
#include "catch.hpp"
#include "codec/recode_stream.hpp"
#include "frame/descriptor.hpp"
#include "frame/error.hpp"

using namespace framepipe;
using namespace framepipe_test;
using namespace std::chrono_literals;
using Outcome = Recoded::Outcome;

namespace {

Frame gray_frame(int value, const std::string& more = "") {
    return {Header::parse(R"({"type":"image/x-raw","format":"gray","width":2,"height":1)" + more + "}"),
            Bytes::from(std::string(2, static_cast<char>(value)))};
}

Frame encoded(ImageType type, const std::string& header) {
    return {Header::parse(header), make_encoder(type, {})->encode(flat({4, 4}, {10, 200, 30}).view())};
}

RecodeOptions to(PictureType type) {
    RecodeOptions options;
    options.type = type;
    return options;
}

// Frames from a function until it gives none.
class Made : public FrameInput {
public:
    explicit Made(std::function<std::optional<Frame>(int)> make) : make_(std::move(make)) {}
    std::optional<Frame> next() override { return make_(count++); }
    std::atomic<int> count{0};

private:
    std::function<std::optional<Frame>(int)> make_;
};

template <typename Condition>
bool becomes_true(Condition condition) {
    const auto until = SteadyClock::now() + 20s;
    while (!condition()) {
        if (SteadyClock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace

TEST_CASE("a header says what the new payload is, and keeps the rest byte for byte", "[codec]") {
    Recoder recoder(to(ImageType::png));
    const Frame in{
        Header::parse(R"({"type":"image/x-raw","format":"nv12","width":1,"height":1,"range":"full","matrix":"bt709","seq":7,"x":1e400})"),
        Bytes::from(std::string("abc"))};
    const Recoded out = recoder(in);
    CHECK(out.outcome == Outcome::made);
    CHECK(out.frame.header.text() == R"({"type":"image/png","width":1,"height":1,"seq":7,"x":1e400})");
    Recoder pixels(to(PixelFormat::yuv420p));
    const Recoded planes = pixels(encoded(ImageType::jpeg, R"({"type":"image/jpeg"})"));
    CHECK(planes.frame.header.text() ==
          R"({"type":"image/x-raw","format":"yuv420p","width":4,"height":4,"range":"full","matrix":"bt601"})");
    CHECK(planes.frame.payload.size() == 24);
    CHECK(pixels(in).frame.header.string("matrix") == "bt709");
}

TEST_CASE("a picture of the type passes untouched unless a change is asked for", "[codec]") {
    for (const ImageType type : {ImageType::jpeg, ImageType::png, ImageType::webp}) {
        const Frame in = encoded(type, R"({"type":")" + std::string(mime_of(type)) + R"(","x":1})");
        const Recoded same = Recoder(to(type))(in);
        CHECK(same.outcome == Outcome::untouched);
        CHECK(same.frame.payload.data() == in.payload.data());
        CHECK(same.frame.header.text() == in.header.text());
        RecodeOptions always = to(type);
        always.always = true;
        const Recoded anew = Recoder(always)(in);
        CHECK(anew.outcome == Outcome::made);
        CHECK(anew.frame.header.width() == 4);
        CHECK(worst_difference(decode_image(anew.frame.payload, PixelFormat::rgb24), decode_image(in.payload, PixelFormat::rgb24)) <= 6);
    }
    CHECK(Recoder(to(PixelFormat::gray))(gray_frame(1)).outcome == Outcome::untouched);
}

TEST_CASE("frames that are no pictures pass", "[codec]") {
    Recoder recoder(to(ImageType::jpeg));
    for (const char* header : {R"({"type":"text/plain","error":"no"})", R"({"type":"application/json"})", R"({"type":"image/avif"})",
                               R"({"type":"video/h264"})", R"({"type":"image/jpeg","end":true})"}) {
        INFO(header);
        const Recoded out = recoder({Header::parse(header), {}});
        CHECK(out.outcome == Outcome::passed);
        CHECK(out.frame.header.text() == header);
    }
}

TEST_CASE("a picture that cannot be decoded is bad, and says why", "[codec]") {
    Recoder recoder(to(ImageType::png));
    const Recoded out = recoder({Header::parse(R"({"type":"image/jpeg"})"), Bytes::from(std::string("nothing"))});
    CHECK(out.outcome == Outcome::bad);
    CHECK(out.why == "cannot decode the picture: it is no JPEG, PNG or WebP");
    CHECK(recoder(gray_frame(1, R"(,"x":0)")).outcome == Outcome::made);
    Frame small = gray_frame(1);
    small.payload = small.payload.part(0, 1);
    CHECK(recoder(small).why == "cannot take pixels: the payload has 1 bytes, 2x1 gray is 2");
}

TEST_CASE("a stream keeps its order whatever the number of workers, and bad pictures are left out", "[codec]") {
    const unsigned workers = GENERATE(1U, 2U, 5U);
    Made in([](int i) -> std::optional<Frame> {
        if (i == 100) return {};
        if (i % 10 == 3) return Frame{Header::parse(R"({"type":"text/plain"})"), Bytes::from(std::to_string(i))};
        if (i % 10 == 7) return Frame{Header::parse(R"({"type":"image/webp"})"), Bytes::from(std::to_string(i))};
        return gray_frame(i, R"(,"seq":)" + std::to_string(i));
    });
    RecodeStreamOptions options;
    options.recode = to(ImageType::png);
    options.workers = workers;
    options.stream = "left";
    std::vector<std::string> said;
    options.bad = [&](const std::string&, const std::string& line) { said.push_back(line); };
    std::vector<int> order;
    const RecodeCounts counts = recode_stream(in, options, [&](const Recoded& out) {
        CHECK(out.frame.header.stream() == "left");
        order.push_back(out.outcome == Outcome::passed ? std::stoi(std::string(out.frame.payload.text()))
                                                       : byte_at(decode_image(out.frame.payload), 0));
        return true;
    });
    CHECK(counts.frames == 100);
    CHECK(counts.made == 80);
    CHECK(counts.passed == 10);
    CHECK(counts.bad == 10);
    std::vector<int> expected;
    for (int i = 0; i < 100; ++i) {
        if (i % 10 != 7) expected.push_back(i);
    }
    CHECK(order == expected);
    REQUIRE(said.size() == 10);
    CHECK(said[1] == "frame 17 of stream 'left': cannot decode the picture: it is no JPEG, PNG or WebP");
    options.strict = true;
    Made again([](int) { return Frame{Header::parse(R"({"type":"image/webp"})"), {}}; });
    options.stream.reset();
    CHECK_THROWS_WITH(recode_stream(again, options, [](const Recoded&) { return true; }),
                      ContainsSubstring("frame 0: cannot decode the picture"));
}

TEST_CASE("what came before a broken input still goes out", "[codec]") {
    const unsigned workers = GENERATE(1U, 3U);
    Made in([](int i) -> std::optional<Frame> { return i < 20 ? gray_frame(i) : throw Error("the input is broken"); });
    RecodeStreamOptions options;
    options.workers = workers;
    int out = 0;
    CHECK_THROWS_WITH(recode_stream(in, options, [&](const Recoded&) { return ++out > 0; }), Equals("the input is broken"));
    CHECK(out == 20);
}

TEST_CASE("live frames are not taken up ahead of a reader that is slow", "[codec]") {
    std::signal(SIGPIPE, SIG_IGN);  // as every command does
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    Descriptor read_end(ends[0]), write_end(ends[1]);
    FrameWriter out(write_end.get(), "encode");
    Made in([](int i) { return std::optional(gray_frame(i, R"(,"live":true)")); });
    RecodeStreamOptions options;
    options.workers = 4;
    options.downstream = &out;
    std::jthread stage([&] { recode_stream(in, options, frames_to(out)); });
    // One frame lies in the pipe and one is held before it.
    for (int read = 0; read < 5; ++read) {
        CHECK(becomes_true([&] { return in.count == read + 2 && out.blocked(); }));
        CHECK(in.count == read + 2);
        // All of it, as a reader that takes up one frame.
        char buffer[4096];
        REQUIRE(becomes_true([&] { return !out.drained(); }));
        REQUIRE(::read(read_end.get(), buffer, sizeof buffer) > 0);
    }
    read_end.reset();  // and the stage ends
}
