// Memory that sockets are given as it is.
#include "serve/pages.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "catch.hpp"
#include "serve/page_pipe.hpp"

using namespace framepipe;
using namespace framepipe::serve;

namespace {

constexpr std::size_t kLargePage = 2 << 20;

std::uintptr_t address(const Pages& pages) {
    return reinterpret_cast<std::uintptr_t>(pages.bytes().data());
}

bool holds(const Pages& pages, int byte) {
    for (const std::byte one : pages.bytes())
        if (one != std::byte(byte)) return false;
    return true;
}

}  // namespace

TEST_CASE("pictures that follow each other lie in one large page, each in pages of its own", "[serve]") {
    PageStore store;
    const bool prepares = GENERATE(false, true);
    CAPTURE(prepares);
    std::vector<Pages> all;
    for (int i = 0; i < 20; ++i) {
        if (prepares) store.prepare();
        all.push_back(store.large(100'010));
        REQUIRE(all.back().bytes().size() == 100'010);
        CHECK(address(all.back()) % 4096 == 0);
        CHECK(address(all.back()) / kLargePage == address(all.front()) / kLargePage);
        std::memset(all.back().bytes().data(), i, 100'010);
    }
    // The next one does not fit in any more.
    CHECK(store.is_used_up());
    if (prepares) store.prepare();
    CHECK(store.is_used_up() == !prepares);
    const Pages next = store.large(100'010);
    CHECK_FALSE(store.is_used_up());
    CHECK(address(next) % kLargePage == 0);
    std::memset(next.bytes().data(), 99, next.bytes().size());
    for (int i = 0; i < 20; ++i) CHECK(holds(all[static_cast<std::size_t>(i)], i));
}

TEST_CASE("what is let go is never given again while others of its large page are kept", "[serve]") {
    PageStore store;
    const Pages kept = store.large(5000);
    const std::uintptr_t gone = address(store.large(5000));
    for (int i = 0; i < 300; ++i) {
        const Pages one = store.large(5000);
        CHECK(address(one) != gone);
        if (i % 2 == 0) store.prepare();
        std::memset(one.bytes().data(), i, one.bytes().size());
    }
    CHECK(holds(kept, 0));
}

TEST_CASE("a large picture has large pages to itself", "[serve]") {
    PageStore store;
    const Pages small = store.large(4096);
    for (const std::size_t size : {kLargePage / 2 + 1, kLargePage, 3 * kLargePage + 7}) {
        const Pages large = store.large(size);
        REQUIRE(large.bytes().size() == size);
        CHECK(address(large) % kLargePage == 0);
        std::memset(large.bytes().data(), 1, size);
    }
    CHECK(address(store.large(4096)) == address(small) + 4096);
}

TEST_CASE("there may be no memory to be had", "[serve]") {
    PageStore store;
    CHECK(store.large(std::size_t{1} << 60).empty());
    CHECK(PageStore::small(std::size_t{1} << 60).empty());
    CHECK_FALSE(store.is_used_up());
    CHECK_FALSE(store.large(10).empty());
}

TEST_CASE("a socket has the bytes after all of their large page is gone", "[serve]") {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    const Descriptor ours(ends[0]), theirs(ends[1]);
    PagePipe pipe;
    REQUIRE(pipe.open());
    {
        PageStore store;
        const Pages pages = store.large(50'000);
        std::memset(pages.bytes().data(), 'a', pages.bytes().size());
        REQUIRE(pipe.send(ours.get(), pages.bytes()) == 50'000);
    }
    PageStore other;
    const Pages others = other.large(50'000);
    std::memset(others.bytes().data(), 'b', others.bytes().size());
    std::string got(60'000, '\0');
    CHECK(read(theirs.get(), got.data(), got.size()) == 50'000);
    CHECK((got.substr(0, 50'000) == std::string(50'000, 'a')));
}
