// Work on parts by several threads.
#include <sched.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "image/crew.hpp"

using namespace framepipe;

TEST_CASE("each part is done once, with and without helpers", "[image]") {
    const unsigned helpers = GENERATE(0U, 1U, 3U);
    Crew crew(helpers);
    for (std::size_t count = 0; count < 200; ++count) {
        std::vector<std::atomic<int>> done(count);
        crew.each(count, [&](std::size_t part) { ++done[part]; });
        for (const auto& times : done) CHECK(times == 1);
    }
}

TEST_CASE("parts are done at the same time", "[image]") {
    Crew crew(2);
    std::mutex mutex;
    std::condition_variable changed;
    std::set<std::thread::id> threads;
    // Each waits for the others: one thread alone would not come to the end.
    crew.each(3, [&](std::size_t) {
        std::unique_lock lock(mutex);
        threads.insert(std::this_thread::get_id());
        changed.notify_all();
        changed.wait(lock, [&] { return threads.size() == 3; });
    });
    CHECK(threads.size() == 3);
}

TEST_CASE("helpers leave the caller's core to the caller", "[image]") {
    cpu_set_t allowed;
    REQUIRE(::sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    if (CPU_COUNT(&allowed) < 2) return;
    Crew crew(1);
    for (int core = 0, tried = 0; tried < 2; ++core) {
        if (!CPU_ISSET(core, &allowed)) continue;
        ++tried;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
        const auto caller = std::this_thread::get_id();
        std::atomic<int> there{0};
        std::atomic<int> helpers_core{-1};
        crew.each(2, [&](std::size_t) {
            if (std::this_thread::get_id() != caller) helpers_core = ::sched_getcpu();
            ++there;
            while (there < 2) std::this_thread::yield();
        });
        CHECK(helpers_core >= 0);
        CHECK(helpers_core != core);
    }
    CHECK(::sched_setaffinity(0, sizeof allowed, &allowed) == 0);
}

TEST_CASE("what a part throws comes out, and the crew goes on", "[image]") {
    Crew crew(1);
    const auto bad = [](std::size_t part) {
        if (part == 5) throw std::runtime_error("part 5");
    };
    CHECK_THROWS_WITH(crew.each(10, bad), "part 5");
    std::atomic<int> done{0};
    crew.each(10, [&](std::size_t) { ++done; });
    CHECK(done == 10);
}

TEST_CASE("several threads may call at once", "[image]") {
    Crew crew(2);
    std::atomic<int> done{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([&] {
            for (int n = 0; n < 500; ++n) crew.each(7, [&](std::size_t) { ++done; });
        });
    }
    for (std::thread& caller : callers) caller.join();
    CHECK(done == 4 * 500 * 7);
}
