#include "broker/incoming.hpp"

#include <vector>

#include "catch.hpp"

using namespace framepipe;
using namespace framepipe::broker;
using namespace std::chrono_literals;

namespace {

const std::string kPng("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\3\0\0\0\2\x08\2\0\0\0\x12\x16\xf1\x4d\0\0\0\0IEND\xae\x42\x60\x82", 45);

constexpr auto kBegin = SteadyClock::time_point(std::chrono::hours(1));

struct Stream {
    SteadyClock::time_point now = kBegin;
    std::vector<std::string> said;
    Incoming incoming{"door", 1000, [this](const std::string& why) { said.push_back(why); }};

    std::optional<Frame> numbered(std::int64_t seq, std::int64_t time) {
        return incoming.picture(
            {"t", as_bytes(kPng), false, "image/png", {{"seq", std::to_string(seq)}, {"time_us", std::to_string(time)}}}, now);
    }
};

}  // namespace

TEST_CASE("pictures that come twice or late are left out, but not those of a producer that began anew", "[broker]") {
    Stream stream;
    CHECK(stream.numbered(5, 50));
    CHECK_FALSE(stream.numbered(5, 50));
    CHECK_FALSE(stream.numbered(4, 40));
    CHECK(stream.numbered(6, 40));  // its clock was set back
    CHECK(stream.numbered(0, 60));  // it began anew
    CHECK(stream.numbered(9, 90));
    CHECK(stream.incoming.picture({"t", as_bytes(kPng), false, "image/png", {}}, kBegin));  // one without a number changes nothing
    CHECK_FALSE(stream.numbered(8, 80));
    CHECK(stream.said.empty());
}

TEST_CASE("what a broker sends late is left out after a pause too, but not what goes on coming", "[broker]") {
    Stream stream;
    CHECK(stream.numbered(5000, 5000));
    stream.now += 20s;
    CHECK_FALSE(stream.numbered(4900, 4900));
    stream.now += 20s;
    CHECK_FALSE(stream.numbered(4901, 4901));
    // A producer whose clock was set back before it began anew.
    stream.now += 5s;
    for (std::int64_t number = 0; number < 20; ++number, stream.now += 100ms) CHECK_FALSE(stream.numbered(number, number));
    CHECK(stream.numbered(20, 20));
    CHECK(stream.numbered(21, 21));
    // And one whose pictures are too far apart to be known by that.
    stream.now += 61s;
    CHECK(stream.numbered(0, 0));
    CHECK_FALSE(stream.numbered(0, 0));
    stream.now += 61s;
    CHECK_FALSE(stream.numbered(0, 0));  // the same is the same
}

TEST_CASE("a meta that comes too early or too late is another frame's", "[broker]") {
    Stream stream;
    Header header("image/png");
    header.set("seq", std::int64_t{3});
    const std::string meta = to_meta(header, as_bytes(kPng));
    stream.incoming.meta({"t", as_bytes(meta), false, {}, {}});
    auto frame = stream.incoming.picture({"t", as_bytes(kPng), false, {}, {}}, kBegin);
    REQUIRE(frame);
    CHECK((frame->header.seq() == 3 && frame->header.stream() == "door" && !frame->header.live()));
    frame = stream.incoming.picture({"t", as_bytes(kPng + "more"), false, {}, {}}, kBegin);
    REQUIRE(frame);
    CHECK((!frame->header.seq() && frame->header.live() && frame->header.width() == 3));
    CHECK(stream.said.size() == 1);
}

TEST_CASE("a snapshot is for who has seen nothing, of a stream that is there", "[broker]") {
    const Message kept{"t", as_bytes(kPng), true, {}, {}};
    Stream stream;
    CHECK_FALSE(stream.incoming.known());
    CHECK_FALSE(stream.incoming.status({"t", as_bytes("offline"), true, {}, {}}));
    CHECK_FALSE(stream.incoming.snapshot(kept, kBegin));
    CHECK_FALSE(stream.incoming.status({"t", as_bytes("online"), false, {}, {}}));
    CHECK(stream.incoming.snapshot(kept, kBegin));
    CHECK_FALSE(stream.incoming.snapshot(kept, kBegin));
    Message numbered{"t", as_bytes(kPng), true, "image/png", {{"seq", "3"}, {"time_us", "30"}}};
    CHECK(stream.numbered(3, 30));
    CHECK_FALSE(stream.incoming.snapshot(numbered, kBegin));
    numbered.properties = {{"seq", "4"}, {"time_us", "40"}};
    CHECK(stream.incoming.snapshot(numbered, kBegin));  // sent while there was no connection
    CHECK_FALSE(stream.incoming.snapshot(numbered, kBegin));
    Stream subscribed_in_between;
    CHECK(subscribed_in_between.incoming.snapshot({"t", as_bytes(kPng), false, {}, {}}, kBegin));
    const auto end = stream.incoming.status({"t", as_bytes("offline"), false, {}, {}});
    REQUIRE(end);
    CHECK(end->header.end());
    CHECK_FALSE(stream.incoming.status({"t", as_bytes("offline"), false, {}, {}}));
}

TEST_CASE("what is too large or no picture is left out with words", "[broker]") {
    Stream stream;
    CHECK_FALSE(stream.incoming.picture({"t", as_bytes(std::string(1001, 'x')), false, {}, {}}, kBegin));
    CHECK_FALSE(stream.incoming.picture({"t", as_bytes("x"), false, {}, {}}, kBegin));
    CHECK_FALSE(stream.incoming.picture({"t", as_bytes(kPng), false, "image/jpeg", {}}, kBegin));
    CHECK(stream.incoming.picture({"t", as_bytes("GIF89a"), false, "image/gif", {}}, kBegin));
    stream.incoming.meta({"t", as_bytes("{"), false, {}, {}});
    CHECK(stream.said.size() == 4);
}
