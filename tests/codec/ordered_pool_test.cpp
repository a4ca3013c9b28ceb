// Order, bounds and failures of work in several threads.
#include "codec/ordered_pool.hpp"

#include <atomic>
#include <stdexcept>

#include "catch.hpp"

using framepipe::OrderedPool;

namespace {

using Pool = OrderedPool<int, int>;

// Lets threads through one by one.
struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    int open_up_to = -1;
    void open(int number) {
        const std::lock_guard lock(mutex);
        open_up_to = std::max(open_up_to, number);
        changed.notify_all();
    }
    void pass(int number) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return open_up_to >= number; });
    }
};

}  // namespace

TEST_CASE("results are delivered in the order of the items, however long each takes", "[codec]") {
    std::vector<int> delivered;
    Gate gate;
    Pool pool(
        4,
        [&gate, submitter = std::this_thread::get_id()] {
            return [&gate, submitter](int item) {
                // The first of each four waits for the last of them, which the submitter may not have brought yet.
                if (item % 4 == 0 && std::this_thread::get_id() != submitter) gate.pass(item + 3);
                if (item % 4 == 3) gate.open(item);
                return 10 * item;
            };
        },
        [&](int result) {
            delivered.push_back(result);
            return true;
        });
    for (int i = 0; i < 200; ++i) {
        REQUIRE(pool.wait_for_room([] { return 8; }));
        pool.submit(i);
    }
    CHECK(pool.finish());
    CHECK(pool.idle());
    REQUIRE(delivered.size() == 200);
    for (int i = 0; i < 200; ++i) CHECK(delivered[i] == 10 * i);
}

TEST_CASE("no more items are in the pool than the limit", "[codec]") {
    std::atomic<int> in_flight{0}, most{0};
    Pool pool(
        4, [] { return [](int item) { return item; }; },
        [&](int) {
            most = std::max<int>(most, in_flight--);
            return true;
        });
    for (int i = 0; i < 500; ++i) {
        REQUIRE(pool.wait_for_room([] { return 3; }));
        ++in_flight;
        pool.submit(i);
    }
    pool.finish();
    CHECK(most <= 3);
}

TEST_CASE("an exception of the work comes out of the submitter's next call", "[codec]") {
    Pool pool(
        2, [] { return [](int item) { return item == 5 ? throw std::runtime_error("item 5 is bad") : item; }; }, [](int) { return true; });
    const auto run = [&] {
        for (int i = 0; i < 100; ++i) {
            if (!pool.wait_for_room([] { return 2; })) return;
            pool.submit(i);
        }
        pool.finish();
    };
    CHECK_THROWS_WITH(run(), Equals("item 5 is bad"));
}

TEST_CASE("a delivery that wants no more stops the pool", "[codec]") {
    std::atomic<int> delivered{0};
    Pool pool(
        3, [] { return [](int item) { return item; }; }, [&](int item) { return ++delivered, item < 7; });
    int submitted = 0;
    while (pool.wait_for_room([] { return 4; })) pool.submit(submitted++);
    CHECK(delivered == 8);
    CHECK(submitted <= 8 + 4);
    CHECK_FALSE(pool.finish());
}

TEST_CASE("the submitter works while it would wait", "[codec]") {
    Gate gate;
    std::vector<std::thread::id> workers(2);
    Pool pool(
        2,
        [&] {
            return [&](int item) {
                workers[static_cast<std::size_t>(item)] = std::this_thread::get_id();
                // Each is held up until the other has begun.
                gate.open(item == 0 ? 1 : 2);
                gate.pass(item == 0 ? 2 : 1);
                return item;
            };
        },
        [](int) { return true; });
    pool.submit(0);
    gate.pass(1);
    pool.submit(1);
    const bool helps = GENERATE(true, false);
    if (helps) {
        CHECK(pool.help());
        CHECK_FALSE(pool.help());
    }
    CHECK(pool.finish());
    CHECK(workers[0] != std::this_thread::get_id());
    CHECK(workers[1] == std::this_thread::get_id());
}

TEST_CASE("work in the calling thread needs no other", "[codec]") {
    const auto caller = std::this_thread::get_id();
    std::vector<int> delivered;
    Pool pool(
        4,
        [&] {
            return [&](int item) {
                CHECK(std::this_thread::get_id() == caller);
                return item + 1;
            };
        },
        [&](int result) {
            delivered.push_back(result);
            return result < 2;
        });
    CHECK(pool.work_here(0));
    CHECK_FALSE(pool.work_here(1));
    CHECK(delivered == std::vector<int>{1, 2});
}
