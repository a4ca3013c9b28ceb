#include "serve/hub.hpp"

#include "catch.hpp"

using namespace framepipe;
using namespace framepipe::serve;

namespace {

/// A thread of viewers that only keeps what it is given.
struct Sink final : FrameSink {
    void deliver(FramePtr frame) override { frames.push_back(std::move(frame)); }
    void streams_changed() override { ++changes; }
    void shed(std::uint64_t frame_id) override { shed_frame = frame_id; }

    std::vector<FramePtr> frames;
    int changes = 0;
    std::uint64_t shed_frame = 0;
};

Frame frame(std::string_view payload, std::string_view type = "image/jpeg", std::string_view stream = "") {
    Header header(type);
    if (!stream.empty()) header.set("stream", stream);
    return {std::move(header), Bytes::copy_of(payload)};
}

struct SomeFeeder final : Feeder {
    std::string lost;
    bool wanted = false;
    int returns = 0;
    void on_lost(const std::string& stream) override { lost += stream; }
    void on_wanted(bool now) override { wanted = now; }
    void on_returned() override { ++returns; }
};

}  // namespace

TEST_CASE("frames go to the threads that have viewers of their stream, and to nobody else", "[serve]") {
    Hub hub({});
    Sink with, without;
    const auto first = hub.add_sink(with);
    hub.add_sink(without);
    CHECK(hub.join(first, "a", {}).latest == nullptr);
    hub.publish(frame("1", "image/jpeg", "a"));
    hub.publish(frame("2", "image/jpeg", "b"));
    CHECK(with.frames.size() == 1);
    CHECK(without.frames.empty());
    CHECK(without.changes == 2);
    hub.watch_all(1, 1);
    hub.publish(frame("3", "image/jpeg", "b"));
    CHECK(without.frames.size() == 1);
    hub.leave(first, "a", {}, true);
    hub.publish(frame("4", "image/jpeg", "a"));
    CHECK(with.frames.size() == 1);
}

TEST_CASE("streams that are past give way where there are too many", "[serve]") {
    HubOptions options;
    options.max_streams = 3;
    Hub hub(options);
    Sink sink;
    const auto viewers = hub.add_sink(sink);
    const auto end = [](std::string_view stream) {
        Frame last = frame("", "text/plain", stream);
        last.header.set("end", true);
        return last;
    };
    const auto names = [&] {
        std::string all;
        for (const StreamStatus& status : hub.streams()) all += status.name;
        return all;
    };
    SomeFeeder feeder;
    for (const auto* name : {"a", "b", "c"}) CHECK(hub.publish(frame("1", "image/jpeg", name)) == Taken::yes);
    CHECK(hub.publish(frame("1", "image/jpeg", "d")) == Taken::too_many_streams);
    hub.join(viewers, "a", {});
    hub.publish(end("a"));           // watched
    hub.publish(end("b"), &feeder);  // fed by somebody
    CHECK(hub.publish(frame("1", "image/jpeg", "d")) == Taken::too_many_streams);
    hub.publish(end("c"));
    CHECK(hub.publish(frame("1", "image/jpeg", "d")) == Taken::yes);
    CHECK(names() == "abd");
    hub.release(feeder);
    CHECK(hub.claim("e", feeder, false) == Taken::yes);
    CHECK(hub.publish(frame("1", "image/jpeg", "e"), &feeder) == Taken::yes);
    CHECK(names() == "ade");
    hub.leave(viewers, "a", {}, true);
    CHECK(hub.publish(frame("1", "image/jpeg", "f")) == Taken::yes);
    CHECK(names() == "def");
    hub.release(feeder);
}

TEST_CASE("the default stream is the one without a name, else the first that came", "[serve]") {
    Hub hub({});
    CHECK_FALSE(hub.default_stream(*Permit::everything()));
    hub.publish(frame("1", "image/jpeg", "a"));
    hub.publish(frame("2", "image/jpeg", "b"));
    CHECK(hub.default_stream(*Permit::everything()) == "a");
    hub.publish(frame("3"));
    CHECK(hub.default_stream(*Permit::everything()) == "");
    CHECK(hub.streams().size() == 3);
}

TEST_CASE("names that only viewers made up are forgotten with them", "[serve]") {
    Hub hub({});
    Sink sink;
    hub.add_sink(sink);
    hub.join(0, "nobody's", {});
    CHECK(hub.streams().empty());
    hub.leave(0, "nobody's", {}, true);
    CHECK(hub.streams().empty());
    CHECK(hub.complaint() == "no frame has come yet");
}

TEST_CASE("an idle stream is healthy and gives newcomers no old picture", "[serve]") {
    Hub hub({});
    Sink sink;
    hub.add_sink(sink);
    SomeFeeder feeder;
    hub.publish(frame("1"), &feeder);
    CHECK(hub.latest(""));
    hub.idle(feeder);
    CHECK_FALSE(hub.latest(""));
    CHECK(hub.join(0, "", {}).latest == nullptr);
    CHECK_FALSE(hub.complaint());
    hub.end_input("");
    hub.release(feeder);
    CHECK(hub.latest(""));
    CHECK(hub.complaint() == "the input has ended");
    CHECK(hub.streams().front().state == StreamState::ended);
}

TEST_CASE("beyond the memory for live frames the oldest that is held must go, but never the latest", "[serve]") {
    HubOptions options;
    options.max_memory = 250;
    Hub hub(options);
    Sink slow;
    hub.add_sink(slow);
    hub.join(0, "", {});
    const std::string large(100, 'x');
    hub.publish(frame(large));
    hub.publish(frame(large));
    CHECK(slow.shed_frame == 0);
    hub.publish(frame(large));
    CHECK(slow.shed_frame == 1);
    slow.frames.erase(slow.frames.begin());
    slow.shed_frame = 0;
    hub.publish(frame(large));
    CHECK(slow.shed_frame == 2);
    slow.frames.clear();
    CHECK(hub.metrics().live_frames == 1);
    slow.shed_frame = 0;
    hub.publish(frame(std::string(1000, 'x')));
    slow.frames.clear();
    CHECK(slow.shed_frame == 0);
}

TEST_CASE("an input is wanted for its own streams and for those that nobody feeds, not for another's", "[serve]") {
    Hub hub({});
    Sink sink;
    hub.add_sink(sink);
    SomeFeeder input, producer;
    hub.attach(input);
    hub.publish(frame("1", "image/jpeg", "door"), &producer);
    hub.join(0, "door", {});
    CHECK_FALSE(input.wanted);
    hub.join(0, "garden", {});
    CHECK(input.wanted);  // it may still bring it
    hub.publish(frame("1", "image/jpeg", "garden"), &input);
    CHECK(input.wanted);
    hub.add_demand("garden", -1);
    CHECK_FALSE(input.wanted);
    hub.add_demand("garden", 1);
    CHECK(input.wanted);
    hub.leave(0, "garden", {}, true);
    CHECK_FALSE(input.wanted);
    hub.release(producer);
    CHECK(input.wanted);
    hub.leave(0, "door", {}, true);
    CHECK_FALSE(input.wanted);
    hub.add_demand_for_any(1);
    CHECK(input.wanted);
    hub.add_demand_for_any(-1);
    CHECK_FALSE(input.wanted);
}

TEST_CASE("who pauses wants nothing, and does not leave twice", "[serve]") {
    Hub hub({});
    Sink sink;
    hub.add_sink(sink);
    SomeFeeder input;
    hub.join(0, "", {});
    hub.attach(input);
    CHECK(input.wanted);
    hub.add_demand("", -1);
    hub.leave(0, "", {}, false);
    CHECK_FALSE(input.wanted);
    hub.join(0, "", {});
    CHECK(input.wanted);
}

TEST_CASE("a stream has one feeder, and goes on with the next", "[serve]") {
    Hub hub({});
    SomeFeeder first, second;
    first.numbers = second.numbers = true;
    CHECK(hub.publish(frame("1", "image/jpeg", "a"), &first) == Taken::yes);
    CHECK(hub.publish(frame("2", "image/jpeg", "a"), &second) == Taken::other_feeder);
    CHECK(hub.claim("a", second, false) == Taken::other_feeder);
    CHECK(hub.claim("b", second, false) == Taken::yes);
    CHECK(hub.streams().size() == 1);
    CHECK(hub.claim("a", second, true) == Taken::yes);
    CHECK(first.lost == "a");
    CHECK(hub.publish(frame("3", "image/jpeg", "a"), &first) == Taken::other_feeder);
    hub.release(first);
    CHECK(hub.streams().front().state == StreamState::live);
    hub.release(second);
    CHECK(hub.streams().front().state == StreamState::ended);
    CHECK(hub.streams().size() == 1);
    CHECK(hub.publish(frame("4", "image/jpeg", "a"), &first) == Taken::yes);
    CHECK(hub.streams().front().state == StreamState::live);
    CHECK(hub.latest("a")->header().seq() == 1);
}

TEST_CASE("a feeder has a rate that it may not pass", "[serve]") {
    RateLimit limit;
    const SteadyClock::time_point begin{};
    int admitted = 0;
    for (int i = 0; i < 100; ++i) admitted += limit.admit(10, begin);
    CHECK(admitted == 10);
    CHECK_FALSE(limit.admit(10, begin + std::chrono::milliseconds(50)));
    CHECK(limit.admit(10, begin + std::chrono::milliseconds(200)));
    RateLimit slow;
    CHECK(slow.admit(0.5, begin));
    CHECK_FALSE(slow.admit(0.5, begin + std::chrono::seconds(1)));
    CHECK(slow.wait(0.5) == std::chrono::seconds(1));
    CHECK(slow.admit(0.5, begin + std::chrono::seconds(3)));
}

TEST_CASE("a declared stream exists without a frame, and only its owner is told of its viewers", "[serve]") {
    Hub hub({});
    Sink sink;
    hub.add_sink(sink);
    SomeFeeder door, chart, input;
    hub.attach(input);
    hub.declare("door", door, StreamState::idle);
    hub.declare("chart", chart, StreamState::waiting);
    REQUIRE(hub.streams().size() == 2);
    CHECK(hub.streams().front().name == "door");
    CHECK(hub.streams().front().state == StreamState::idle);
    CHECK(hub.default_stream(*Permit::everything()) == "door");
    CHECK(hub.default_picture_stream(*Permit::everything()) == "door");
    hub.join(0, "door", {});
    CHECK(door.wanted);
    CHECK_FALSE(chart.wanted);
    CHECK_FALSE(input.wanted);
    hub.leave(0, "door", {}, true);
    CHECK_FALSE(door.wanted);
    CHECK(hub.streams().size() == 2);
    CHECK(hub.complaint() == std::nullopt);  // one rests
    hub.set_state(door, "door", StreamState::waiting);
    CHECK(hub.complaint() == "no frame has come yet");
}

TEST_CASE("a source of text only is no source of pictures", "[serve]") {
    Hub hub({});
    SomeFeeder words, door;
    hub.declare("words", words, StreamState::waiting);
    hub.declare("door", door, StreamState::waiting);
    hub.publish(frame("21.5", "text/plain", "words"), &words);
    CHECK(hub.default_picture_stream(*Permit::everything()) == "door");
}

TEST_CASE("a producer that took a declared stream over gives it back", "[serve]") {
    Hub hub({});
    Sink sink;
    hub.add_sink(sink);
    SomeFeeder door, producer;
    hub.declare("door", door, StreamState::waiting);
    hub.join(0, "door", {});
    CHECK(hub.claim("door", producer, false) == Taken::other_feeder);
    CHECK(hub.claim("door", producer, true) == Taken::yes);
    CHECK(door.lost == "door");
    CHECK_FALSE(door.wanted);
    hub.publish(frame("1", "image/jpeg", "door"), &producer);
    hub.set_state(door, "door", StreamState::idle);  // not its own now
    CHECK(hub.streams().front().state == StreamState::live);
    hub.fail(door, frame("why", "image/jpeg", "door"), "why");
    CHECK(hub.latest("door")->payload().text() == "1");
    hub.release(producer);
    CHECK(door.returns == 1);
    CHECK(door.wanted);
    CHECK(hub.latest("door") == nullptr);
    CHECK(hub.publish(frame("2", "image/jpeg", "door"), &door) == Taken::yes);
    hub.release(door);
    CHECK(hub.streams().front().state == StreamState::ended);
}

TEST_CASE("the picture of a failure is shown, not counted, and goes with the first frame", "[serve]") {
    Hub hub({});
    Sink sink;
    hub.add_sink(sink);
    SomeFeeder door;
    hub.declare("door", door, StreamState::waiting);
    hub.join(0, "door", {});
    hub.fail(door, frame("why", "image/jpeg", "door"), "it is\nbroken");
    CHECK(sink.frames.size() == 1);
    CHECK(hub.latest("door")->payload().text() == "why");
    const StreamStatus failed = hub.streams().front();
    CHECK(failed.state == StreamState::failed);
    CHECK(failed.frames == 0);
    CHECK(failed.age_us == -1);
    CHECK_THAT(failed.json(), ContainsSubstring("\"error\":\"it is\\nbroken\"}"));
    CHECK(hub.complaint() == "the source of stream \"door\" failed: it is; broken");
    SECTION("text takes its place too") {
        hub.publish(frame("21.5", "text/plain", "door"), &door);
        CHECK(hub.latest("door")->payload().text() == "21.5");
        CHECK_THAT(hub.streams().front().json(), !ContainsSubstring("error"));
    }
    SECTION("it is not shown to who comes when it is tried anew") {
        hub.set_state(door, "door", StreamState::idle);
        CHECK(hub.complaint() == std::nullopt);
        hub.set_state(door, "door", StreamState::waiting);
        CHECK(hub.join(0, "door", {}).latest == nullptr);
        CHECK_THAT(hub.streams().front().json(), ContainsSubstring("broken"));
    }
}
