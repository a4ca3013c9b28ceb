#include "volume/apart.hpp"

#include <csignal>
#include <cstdlib>

#include "catch.hpp"
#include "frame/error.hpp"

using namespace framepipe;

TEST_CASE("work in processes of its own fails call by call, and what the others made is there", "[volume][apart]") {
    const SharedMemory memory(100);
    const auto failures = run_apart(100, [&](std::size_t i) {
        if (i % 10 == 3) throw Error("number " + std::to_string(i));
        if (i % 10 == 4) std::abort();
        if (i % 10 == 5) ::raise(SIGSEGV);
        if (i % 10 == 6) throw 6;
        memory.span()[i] = std::byte{1};
    });
    REQUIRE(failures.size() == 100);
    const Bytes bytes = memory.share();
    for (std::size_t i = 0; i < 100; ++i) {
        INFO(i);
        const std::size_t kind = i % 10;
        const bool gave_up = kind == 4 || kind == 5;
        CHECK(failures[i] == (kind == 3   ? "number " + std::to_string(i)
                              : gave_up   ? "it is broken, so that its library gave up"
                              : kind == 6 ? "it is broken"
                                          : ""));
        CHECK((bytes.span()[i] == std::byte{1}) == failures[i].empty());
    }
    CHECK(run_apart(0, [](std::size_t) {}).empty());
}
