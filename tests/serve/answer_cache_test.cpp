#include "serve/answer_cache.hpp"

#include "catch.hpp"

using namespace framepipe;
using namespace framepipe::serve;

namespace {

Frame answer(const std::string& payload) {
    return {Header("image/jpeg"), Bytes::copy_of(payload)};
}

}  // namespace

TEST_CASE("an answer is found by its request, its representation and the pipeline's run", "[serve]") {
    AnswerCache cache(1000);
    cache.keep(AnswerCache::key("17", As::image, 0), answer("seventeen"));
    REQUIRE(cache.find(AnswerCache::key("17", As::image, 0)));
    CHECK(cache.find(AnswerCache::key("17", As::image, 0))->payload.text() == "seventeen");
    CHECK(cache.find(AnswerCache::key("17", As::base64, 0)));
    CHECK(cache.find(AnswerCache::key("17", As::data_url, 0)));
    CHECK_FALSE(cache.find(AnswerCache::key("17", As::lossless, 0)));
    CHECK_FALSE(cache.find(AnswerCache::key("17 ", As::image, 0)));
    CHECK_FALSE(cache.find(AnswerCache::key("17", As::image, 1)));
    CHECK(cache.hits() == 4);
}

TEST_CASE("beyond its room the cache forgets what was asked for longest ago", "[serve]") {
    AnswerCache cache(30);
    for (const char* request : {"a", "b", "c"}) cache.keep(AnswerCache::key(request, As::image, 0), answer("ten bytes."));
    CHECK(cache.find(AnswerCache::key("a", As::image, 0)));  // asked for now, so "b" is the oldest
    cache.keep(AnswerCache::key("d", As::image, 0), answer("ten bytes."));
    CHECK_FALSE(cache.find(AnswerCache::key("b", As::image, 0)));
    for (const char* request : {"a", "c", "d"}) CHECK(cache.find(AnswerCache::key(request, As::image, 0)));
    cache.keep(AnswerCache::key("large", As::image, 0), answer(std::string(31, 'x')));
    CHECK_FALSE(cache.find(AnswerCache::key("large", As::image, 0)));
    CHECK(cache.find(AnswerCache::key("a", As::image, 0)));
}

TEST_CASE("no room, and long requests, keep nothing", "[serve]") {
    AnswerCache none(0);
    none.keep(AnswerCache::key("a", As::image, 0), answer("x"));
    CHECK_FALSE(none.find(AnswerCache::key("a", As::image, 0)));
    AnswerCache cache(1 << 20);
    const std::string request(AnswerCache::kMaxRequest + 1, 'x');
    cache.keep(AnswerCache::key(request, As::image, 0), answer("x"));
    CHECK_FALSE(cache.find(AnswerCache::key(request, As::image, 0)));
}
