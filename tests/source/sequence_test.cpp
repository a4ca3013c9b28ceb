#include "source/sequence.hpp"

#include "catch.hpp"
#include "frame/error.hpp"
#include "source/fixtures.hpp"
#include "source/play.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

std::vector<Frame> all_of(Source& source) {
    std::vector<Frame> frames;
    while (auto frame = source.next()) frames.push_back(std::move(*frame));
    return frames;
}

/// Gives frames with these positions; nullopt: without one.
class Fake : public Source {
public:
    explicit Fake(std::vector<std::optional<std::int64_t>> pts) : pts_(std::move(pts)) {}
    std::optional<Frame> next() override {
        if (at_ == pts_.size()) return std::nullopt;
        Frame frame{Header("text/plain"), Bytes::copy_of("x")};
        if (const auto pts = pts_[at_++]) frame.header.set("pts_us", *pts);
        return frame;
    }

private:
    std::vector<std::optional<std::int64_t>> pts_;
    std::size_t at_ = 0;
};

}  // namespace

TEST_CASE("pictures pass byte for byte, with their size and their file's name", "[source]") {
    const Folder folder;
    const std::vector<std::string> files{folder.write("b.png", kPng), folder.write("a \"1\".jpg", kJpeg), folder.write("c.bin", kWebp)};
    Sequence sequence(files, {}, {});
    const auto frames = all_of(sequence);
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].payload.text() == kPng);
    CHECK(frames[1].payload.text() == kJpeg);
    CHECK(frames[2].payload.text() == kWebp);
    CHECK(frames[0].header.type() == "image/png");
    CHECK(frames[1].header.type() == "image/jpeg");
    CHECK(frames[2].header.type() == "image/webp");
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(frames[i].header.width() == 3);
        CHECK(frames[i].header.height() == 2);
        CHECK(frames[i].header.meta_raw("file") == json_string(files[i]));
    }
    CHECK(sequence.left_out() == 0);
}

TEST_CASE("a bad file is said once, counted and left out in every pass", "[source]") {
    const Folder folder;
    Words words;
    const auto cut = folder.write("cut.png", kPng.substr(0, 40));
    Sequence sequence({folder.write("a.png", kPng), cut, folder.path("gone.png"), folder.write("empty.jpg", "")}, {.loops = 2},
                      words.say());
    CHECK(all_of(sequence).size() == 2);
    CHECK(sequence.left_out() == 6);
    CHECK(words.all() == std::vector<std::string>{cut + ": the PNG is cut short; left out",
                                                  folder.path("gone.png") + ": cannot open it: no such file or directory; left out",
                                                  folder.path("empty.jpg") + ": it is empty; left out"});
}

TEST_CASE("a bad file ends a strict sequence, and one that is all there is", "[source]") {
    const Folder folder;
    const auto cut = folder.write("cut.png", kPng.substr(0, 40));
    Sequence strict({folder.write("a.png", kPng), cut}, {.strict = true}, {});
    CHECK(strict.next());
    CHECK_THROWS_WITH(strict.next(), Equals(cut + ": the PNG is cut short"));
    Sequence only({cut}, {}, {});
    CHECK_THROWS_WITH(only.next(), Equals(cut + ": the PNG is cut short"));
    Sequence endless({cut, cut}, {.loops = 0}, {});
    CHECK_THROWS_WITH(endless.next(), Equals("no picture could be read"));
}

TEST_CASE("a file over the limit is refused before it is read", "[source]") {
    const Folder folder;
    Sequence sequence({folder.write("a.png", kPng)}, {.max_frame = 20}, {});
    CHECK_THROWS_WITH(sequence.next(), ContainsSubstring("it has 45 bytes, more than the limit of 20 (--max-frame)"));
}

TEST_CASE("streams in files give their frames, which are to be numbered anew", "[source]") {
    const Folder folder;
    Header header("text/plain");
    header.set("seq", std::int64_t{7});
    header.set("time_us", std::int64_t{1'000'000});
    header.set("live", true);
    header.stamp_stage("capture", 1'000'001);
    header.set("other", "stays");
    const auto recording = folder.write("take.frames", wire_head(header, 2) + "hi");
    const auto ppm = folder.write("a.ppm", "P6 1 1 255\nabc");
    const auto mjpg = folder.write("run.mjpg", kJpeg + kJpeg);
    Sequence sequence({recording, ppm, mjpg, ppm}, {}, {});
    const auto frames = all_of(sequence);
    REQUIRE(frames.size() == 5);
    CHECK(frames[0].header.text() == R"({"type":"text/plain","other":"stays","meta":{"recorded_us":1000000}})");
    CHECK(frames[1].header.is_raw());
    CHECK(frames[1].payload.text() == "abc");
    CHECK(frames[1].header.meta_raw("file") == json_string(ppm));
    CHECK(frames[2].payload.text() == kJpeg);
    CHECK(frames[3].payload.text() == kJpeg);
    for (std::size_t i = 0; i < 5; ++i) CHECK_FALSE(frames[i].header.seq());
}

TEST_CASE("a recording that breaks off gives its whole frames, is said once, and is counted in each pass", "[source]") {
    const Folder folder;
    Words words;
    const std::string whole = wire_head(Header("text/plain"), 2) + "hi";
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
        INFO("cut after " << cut << " bytes");
        const auto file = folder.write("take.frames", whole + whole + whole.substr(0, cut));
        Sequence sequence({file}, {.loops = 2}, words.say());
        CHECK(all_of(sequence).size() == 4);
        CHECK(sequence.left_out() == 2);
        REQUIRE(words.all().size() == 1);
        CHECK_THAT(words.all()[0], ContainsSubstring("frame 2 on " + file + ": input ended inside the frame, after"));
        CHECK_THAT(words.all()[0], ContainsSubstring("; played up to there"));
        words.lines.clear();
        Sequence strict({file}, {.strict = true}, {});
        CHECK(strict.next());
        CHECK(strict.next());
        CHECK_THROWS_WITH(strict.next(), ContainsSubstring("input ended inside the frame"));
    }
    const auto hopeless = folder.write("take.frames", whole.substr(0, 20));
    Sequence sequence({hopeless}, {}, {});
    CHECK_THROWS_WITH(sequence.next(), ContainsSubstring("input ended inside the frame"));
}

TEST_CASE("playing numbers and stamps the frames, and ends at the count", "[source]") {
    const Folder folder;
    const Pipe pipe;
    FrameWriter writer(pipe.in.get());
    Sequence sequence({folder.write("a.png", kPng)}, {.loops = 0}, {});
    const auto before = now_us();
    CHECK(play(sequence, writer, {.fps = 0.0, .count = 3, .stream = "s"}, {}) == 3);
    auto reader = pipe.reader();
    for (std::int64_t n = 0; n < 3; ++n) {
        const auto frame = reader->next();
        REQUIRE(frame);
        CHECK(frame->header.seq() == n);
        CHECK(frame->header.stream() == "s");
        CHECK(frame->header.time_us().value_or(0) >= before);
    }
}

TEST_CASE("frames are never early: paced by rate, by their own time, and over a jump back of it", "[source]") {
    const auto time_of = [](Source& source, const PlayOptions& options) {
        const Pipe pipe;
        FrameWriter writer(pipe.in.get());
        const auto start = SteadyClock::now();
        play(source, writer, options, {});
        return std::chrono::duration<double>(SteadyClock::now() - start).count();
    };
    Fake five({{}, {}, {}, {}, {}});
    CHECK(time_of(five, {.fps = 20}) >= 0.2);
    Fake defaults({{}, {}, {}});
    CHECK(time_of(defaults, {.default_fps = 20}) >= 0.1);
    // Two passes of a video: the second follows at the distance of its frames.
    Fake video({0, 50'000, 0, 50'000});
    CHECK(time_of(video, {}) >= 0.15);
    Fake slow({0, 50'000});
    CHECK(time_of(slow, {.speed = 0.5}) >= 0.1);
    Fake fast({0, 3'600'000'000});
    CHECK(time_of(fast, {.speed = 1e6}) < 60);
    // A rate that is asked for wins over the frames' own time.
    Fake hurried({0, 3'600'000'000});
    CHECK(time_of(hurried, {.fps = 100}) < 60);
}

TEST_CASE("the streams of a recording keep their order and their distance, each with its own numbers", "[source]") {
    // `b` is always a little late: what comes after it in the file is older, which is no new beginning.
    std::string recording;
    for (int pass = 0; pass < 3; ++pass) {
        for (const auto& [stream, time] :
             {std::pair("a", 20'000), std::pair("b", 25'000), std::pair("a", 22'000), std::pair("b", 45'000)}) {
            Header header("text/plain");
            header.set("stream", stream);
            header.set("time_us", std::int64_t{1'700'000'000'000'000} + pass * 40'000 + time);
            recording += wire_head(header, 1) + stream;
        }
    }
    const Folder folder;
    const Pipe pipe;
    FrameWriter writer(pipe.in.get());
    Sequence sequence({folder.write("take.frames", recording)}, {.loops = 2}, {});
    CHECK(play(sequence, writer, {}, {}) == 24);
    auto reader = pipe.reader();
    std::int64_t first = 0, last = 0;
    for (int n = 0; n < 24; ++n) {
        const auto frame = reader->next();
        REQUIRE(frame);
        CHECK(frame->header.stream() == (n % 2 ? "b" : "a"));
        CHECK(frame->header.seq() == n / 2);
        const auto time = frame->header.time_us().value_or(0);
        CHECK(time >= last);
        if (n == 0) first = time;
        last = time;
    }
    // From 20 to 125 ms in each pass, and between them what lay between frames: never earlier.
    CHECK(last - first >= 2 * 105'000);
}
