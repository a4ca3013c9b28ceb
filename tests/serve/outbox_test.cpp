#include "serve/outbox.hpp"

#include "catch.hpp"

using namespace framepipe::serve;

namespace {

MessagePtr message(const std::string& text, std::uint64_t frame = 0) {
    return std::make_shared<Message>(text, framepipe::Bytes(), "", Carried{.id = frame});
}

/// All that may go, in order.
std::string drain(
    Outbox& outbox, const std::function<bool(std::uint32_t)>& may_go = [](std::uint32_t) { return true; }) {
    std::string all;
    while (auto entry = outbox.take(may_go)) all += entry->message->text() + " ";
    return all;
}

}  // namespace

TEST_CASE("a newer picture takes the older one's place, and everything else keeps its order", "[serve]") {
    Outbox outbox(10, 1000);
    CHECK_FALSE(outbox.put_picture(1, message("a1")));
    CHECK(outbox.put(message("text")));
    CHECK_FALSE(outbox.put_picture(2, message("b1")));
    CHECK(outbox.holds(1));
    CHECK_FALSE(outbox.holds(3));
    CHECK(outbox.put_picture(1, message("a2")));
    CHECK(outbox.put(message("more")));
    CHECK(drain(outbox) == "a2 text b1 more ");
    CHECK(outbox.empty());
}

TEST_CASE("a picture that may not go holds up nothing but itself", "[serve]") {
    Outbox outbox(10, 1000);
    outbox.put_picture(1, message("a"));
    outbox.put_picture(2, message("b"));
    CHECK(outbox.put(message("text")));
    CHECK(drain(outbox, [](std::uint32_t slot) { return slot == 2; }) == "b text ");
    CHECK(drain(outbox) == "a ");
}

TEST_CASE("what is no picture waits up to a bound, one message alone whatever its size", "[serve]") {
    Outbox few(2, 1000);
    CHECK(few.put(message("1")));
    CHECK(few.put(message("2")));
    CHECK_FALSE(few.put(message("3")));
    CHECK(drain(few) == "1 2 ");
    CHECK(few.put(message("3")));

    Outbox small(10, 5);
    CHECK(small.put(message("123456789")));
    CHECK_FALSE(small.put(message("x")));
    CHECK(drain(small) == "123456789 ");
    CHECK(small.put(message("123")));
    CHECK(small.put(message("45")));
    CHECK_FALSE(small.put(message("6")));
}

TEST_CASE("urgent messages go first, in their own order", "[serve]") {
    Outbox outbox(10, 1000);
    outbox.put_picture(1, message("a"));
    CHECK(outbox.put(message("text")));
    CHECK(outbox.put_urgent(message("pong1")));
    CHECK(outbox.put_urgent(message("pong2")));
    CHECK(drain(outbox) == "pong1 pong2 a text ");
    CHECK(outbox.put(message("text")));
    CHECK(outbox.put_urgent(message("pong3")));
    CHECK(drain(outbox) == "pong3 text ");
}

TEST_CASE("the oldest frame that waits is known, and a slot can be emptied", "[serve]") {
    Outbox outbox(10, 1000);
    CHECK(outbox.oldest_frame() == 0);
    outbox.put_picture(1, message("a", 7));
    outbox.put_picture(2, message("b", 5));
    CHECK(outbox.put(message("text")));
    CHECK(outbox.oldest_frame() == 5);
    CHECK(outbox.drop_slot(2));
    CHECK_FALSE(outbox.drop_slot(2));
    CHECK(outbox.oldest_frame() == 7);
    CHECK(drain(outbox) == "a text ");
}

TEST_CASE("what is forgotten is counted, as far as it is frames", "[serve]") {
    Outbox outbox(10, 1000);
    outbox.put_picture(1, message("a", 7));
    CHECK(outbox.put(message("answer", 8)));
    CHECK(outbox.put(message("text")));
    CHECK(outbox.clear() == 2);
    CHECK(outbox.clear() == 0);
}

TEST_CASE("whether a picture's age counts goes with the picture", "[serve]") {
    const auto any = [](std::uint32_t) { return true; };
    Outbox outbox(10, 1000);
    outbox.put_picture(1, message("old", 1), false);
    outbox.put_picture(1, message("new", 2), true);
    CHECK(outbox.take(any)->timed);
    outbox.put_picture(1, message("new", 3), true);
    outbox.put_picture(1, message("again", 2), false);
    CHECK_FALSE(outbox.take(any)->timed);
}
