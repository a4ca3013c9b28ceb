#include "broker/incoming.hpp"

#include <thread>
#include <vector>

#include "catch.hpp"

using namespace framepipe;
using namespace framepipe::broker;

namespace {

const std::string kPng("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\3\0\0\0\2\x08\2\0\0\0\x12\x16\xf1\x4d\0\0\0\0IEND\xae\x42\x60\x82", 45);

struct Stream {
    std::vector<std::string> said;
    Incoming incoming{"door", 1000, [this](const std::string& why) { said.push_back(why); }};

    std::optional<Frame> numbered(std::int64_t seq, std::int64_t time) {
        return incoming.picture(
            {"t", as_bytes(kPng), false, "image/png", {{"seq", std::to_string(seq)}, {"time_us", std::to_string(time)}}});
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
    CHECK(stream.incoming.picture({"t", as_bytes(kPng), false, "image/png", {}}));  // one without a number changes nothing
    CHECK_FALSE(stream.numbered(8, 80));
    CHECK(stream.said.empty());
}

TEST_CASE("what a broker sends late is left out after a pause too, but not what goes on coming", "[broker]") {
    Stream stream;
    CHECK(stream.numbered(5000, 5000));
    std::this_thread::sleep_for(std::chrono::milliseconds(2200));
    CHECK_FALSE(stream.numbered(4900, 4900));
    // A producer whose clock was set back before it began anew.
    std::int64_t number = 0;
    const auto begin = SteadyClock::now();
    while (!stream.numbered(number, number)) {
        REQUIRE(number < 1000);
        ++number;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    CHECK(SteadyClock::now() - begin > std::chrono::milliseconds(1900));
    CHECK(stream.numbered(number + 1, number + 1));
}

TEST_CASE("a meta that comes too early or too late is another frame's", "[broker]") {
    Stream stream;
    Header header("image/png");
    header.set("seq", std::int64_t{3});
    const std::string meta = to_meta(header, as_bytes(kPng));
    stream.incoming.meta({"t", as_bytes(meta), false, {}, {}});
    auto frame = stream.incoming.picture({"t", as_bytes(kPng), false, {}, {}});
    REQUIRE(frame);
    CHECK((frame->header.seq() == 3 && frame->header.stream() == "door" && !frame->header.live()));
    frame = stream.incoming.picture({"t", as_bytes(kPng + "more"), false, {}, {}});
    REQUIRE(frame);
    CHECK((!frame->header.seq() && frame->header.live() && frame->header.width() == 3));
    CHECK(stream.said.size() == 1);
}

TEST_CASE("a snapshot is for who has seen nothing, of a stream that is there", "[broker]") {
    const Message kept{"t", as_bytes(kPng), true, {}, {}};
    Stream stream;
    CHECK_FALSE(stream.incoming.known());
    CHECK_FALSE(stream.incoming.status({"t", as_bytes("offline"), true, {}, {}}));
    CHECK_FALSE(stream.incoming.snapshot(kept));
    CHECK_FALSE(stream.incoming.status({"t", as_bytes("online"), false, {}, {}}));
    CHECK(stream.incoming.snapshot(kept));
    CHECK_FALSE(stream.incoming.snapshot(kept));
    Message numbered{"t", as_bytes(kPng), true, "image/png", {{"seq", "3"}, {"time_us", "30"}}};
    CHECK(stream.numbered(3, 30));
    CHECK_FALSE(stream.incoming.snapshot(numbered));
    numbered.properties = {{"seq", "4"}, {"time_us", "40"}};
    CHECK(stream.incoming.snapshot(numbered));  // sent while there was no connection
    CHECK_FALSE(stream.incoming.snapshot(numbered));
    Stream subscribed_in_between;
    CHECK(subscribed_in_between.incoming.snapshot({"t", as_bytes(kPng), false, {}, {}}));
    const auto end = stream.incoming.status({"t", as_bytes("offline"), false, {}, {}});
    REQUIRE(end);
    CHECK(end->header.end());
    CHECK_FALSE(stream.incoming.status({"t", as_bytes("offline"), false, {}, {}}));
}

TEST_CASE("what is too large or no picture is left out with words", "[broker]") {
    Stream stream;
    CHECK_FALSE(stream.incoming.picture({"t", as_bytes(std::string(1001, 'x')), false, {}, {}}));
    CHECK_FALSE(stream.incoming.picture({"t", as_bytes("x"), false, {}, {}}));
    CHECK_FALSE(stream.incoming.picture({"t", as_bytes(kPng), false, "image/jpeg", {}}));
    CHECK(stream.incoming.picture({"t", as_bytes("GIF89a"), false, "image/gif", {}}));
    stream.incoming.meta({"t", as_bytes("{"), false, {}, {}});
    CHECK(stream.said.size() == 4);
}
