#include "net/frame_queue.hpp"

#include <thread>

#include "catch.hpp"

using namespace framepipe;
using namespace std::chrono_literals;

namespace {

Frame frame(const char* text, const char* stream = "", bool live = true) {
    Header header("image/jpeg");
    header.set("stream", stream);
    if (live) header.set("live", true);
    return {std::move(header), Bytes::copy_of(text)};
}

std::string all(FrameQueue& queue) {
    std::string words;
    while (const auto next = queue.take()) words += std::string(next->payload.text()) + ' ';
    return words;
}

}  // namespace

TEST_CASE("a live picture gives way to the newest of its stream, in its place", "[net]") {
    FrameQueue queue({});
    for (const char* text : {"a1", "a2"}) queue.put(frame(text, "a"));
    queue.put(frame("b1", "b"));
    queue.put(frame("r1", "a", false));
    queue.put(frame("a3", "a"));
    queue.put(frame("r2", "a", false));
    CHECK(all(queue) == "a3 b1 r1 r2 ");
    CHECK(queue.dropped() == 2);
}

TEST_CASE("what did not get there is the next one again", "[net]") {
    FrameQueue queue({});
    queue.put(frame("2", "", false));
    queue.put_back(frame("1", "", false));
    CHECK(all(queue) == "1 2 ");
}

TEST_CASE("frames that must all be sent wait for room, until none are sent any more", "[net]") {
    FrameQueue queue({});
    int woken = 0;
    queue.set_wake([&] { ++woken; });
    for (int i = 0; i < 16; ++i) CHECK(queue.put(frame("x", "", false)));
    CHECK(woken == 16);
    bool taken = true;
    std::jthread putting([&] { taken = queue.put(frame("late", "", false)); });
    queue.close();
    putting.join();
    CHECK_FALSE(taken);
}
