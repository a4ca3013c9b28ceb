#include "serve/relay_bundle.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace framepipe;
using namespace framepipe::serve;

namespace {

std::uint64_t next_id = 1;

MessagePtr message(const std::string& body) {
    return std::make_shared<Message>("head:", Bytes::copy_of(body), std::string(), Carried{next_id++});
}
Passed text(const std::string& words) {
    return {message(words), std::nullopt};
}
Passed picture(std::uint32_t slot, std::size_t size = 20000) {
    return {message(std::string(size, static_cast<char>('a' + slot))), slot};
}

}  // namespace

TEST_CASE("what came at once goes to many clients in one piece, with one picture of a kind", "[serve]") {
    std::vector<Passed> all{text("before"), picture(1), text("1"), picture(2), text("2"), picture(1), text("3")};
    const Bundle first = first_bundle(all, 10);
    REQUIRE(first.parts.size() == 5);
    CHECK(first.pictures == 2);
    CHECK(first.newest_picture == all[3].message->frame_id());
    std::string joined;
    for (const Passed& one : first.parts) joined += one.message->text();
    CHECK(first.whole->text() == joined);
    CHECK(first.whole->frame_id() == all[0].message->frame_id());
    const Bundle rest = first_bundle(std::span(all).subspan(5), 10);
    REQUIRE(rest.parts.size() == 2);
    CHECK(rest.whole->text() == all[5].message->text() + all[6].message->text());
}

TEST_CASE("one message is its own bundle, and keeps no copy", "[serve]") {
    std::vector<Passed> all{picture(1)};
    CHECK(first_bundle(all, 10).whole == all[0].message);
}

TEST_CASE("a bundle keeps its parts, by which memory is counted", "[serve]") {
    std::vector<Passed> all{picture(1), text("1")};
    Bundle bundle = first_bundle(all, 10);
    const std::weak_ptr<const Message> part = all[1].message;
    all.clear();
    CHECK_FALSE(part.expired());
    bundle.whole.reset();
    CHECK(part.expired());
}

TEST_CASE("large messages go alone, and few clients get each message for itself", "[serve]") {
    std::vector<Passed> all{picture(1, 300'000), text("1"), picture(2, 200'000), picture(3, 100'000)};
    CHECK(first_bundle(all, 10).parts.size() == 1);
    CHECK(first_bundle(std::span(all).subspan(1), 10).parts.size() == 2);
    CHECK(first_bundle(all, 9).parts.size() == 4);
    CHECK_FALSE(first_bundle(all, 9).whole);
}
