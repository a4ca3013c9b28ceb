// Order, bounds and failures of work in several threads.
#include "codec/ordered_pool.hpp"

#include <atomic>
#include <set>
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

// The numbers below `count`, all there from the start, and work that changes nothing.
struct Numbers {
    int count = 0;
    int taken = 0;
    std::vector<int> delivered = {};

    Pool::Parts parts(std::size_t limit) {
        return {.waits = [] { return true; },
                .take = [this]() -> std::optional<int> { return taken < count ? std::optional(taken++) : std::nullopt; },
                .limit = [limit] { return limit; },
                .make_work = [] { return [](int item, bool) { return item; }; },
                .deliver =
                    [this](int result) {
                        delivered.push_back(result);
                        return true;
                    }};
    }
};

std::vector<int> first(int count) {
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(i);
    return numbers;
}

}  // namespace

TEST_CASE("results are delivered in the order of the items, however long each takes", "[codec]") {
    Numbers numbers{200};
    Gate gate;
    auto parts = numbers.parts(8);
    parts.make_work = [&gate] {
        return [&gate](int item, bool) {
            // The first of each four waits for the last of them.
            if (item % 4 == 0) gate.pass(item + 3);
            if (item % 4 == 3) gate.open(item);
            return item;
        };
    };
    Pool(4, parts).run();
    CHECK(numbers.delivered == first(200));
}

TEST_CASE("no more items are in the pool than the limit", "[codec]") {
    Numbers numbers{500};
    std::atomic<int> in_pool{0}, most{0};
    auto parts = numbers.parts(3);
    parts.take = [&, take = parts.take] {
        most = std::max<int>(most, in_pool++);
        return take();
    };
    parts.deliver = [&](int) {
        --in_pool;
        return true;
    };
    Pool(4, parts).run();
    CHECK(numbers.taken == 500);
    CHECK(most < 3);
}

TEST_CASE("an exception of the work or the delivery ends the pool and comes out of it", "[codec]") {
    Numbers numbers{100};
    auto parts = numbers.parts(4);
    const auto bad_at_5 = [](int item) { return item == 5 ? throw std::runtime_error("item 5 is bad") : item; };
    const bool works = GENERATE(true, false);
    CAPTURE(works);
    if (works) parts.make_work = [&] { return [&](int item, bool) { return bad_at_5(item); }; };
    if (!works) parts.deliver = [&](int item) { return bad_at_5(item), true; };
    CHECK_THROWS_WITH(Pool(GENERATE(1U, 3U), parts).run(), Equals("item 5 is bad"));
    CHECK(numbers.taken <= 5 + 4);
}

TEST_CASE("when the input breaks, what came before is delivered first", "[codec]") {
    Numbers numbers{100};
    auto parts = numbers.parts(8);
    parts.take = [take = parts.take] {
        const auto item = take();
        return item == 50 ? throw std::runtime_error("cut off") : item;
    };
    CHECK_THROWS_WITH(Pool(GENERATE(1U, 4U), parts).run(), Equals("cut off"));
    CHECK(numbers.delivered == first(50));
}

TEST_CASE("a delivery that wants no more stops the pool", "[codec]") {
    Numbers numbers{1000};
    auto parts = numbers.parts(4);
    parts.deliver = [&](int item) {
        numbers.delivered.push_back(item);
        return item < 7;
    };
    Pool(3, parts).run();
    CHECK(numbers.delivered == first(8));
    CHECK(numbers.taken <= 8 + 4);
}

TEST_CASE("as many work at a time as there are workers, the caller among them", "[codec]") {
    Numbers numbers{3};
    Gate all;
    std::atomic<int> begun{0};
    std::mutex mutex;
    std::set<std::thread::id> workers;
    auto parts = numbers.parts(6);
    parts.make_work = [&] {
        return [&](int item, bool) {
            // None goes on until all have begun.
            if (++begun == 3) all.open(0);
            all.pass(0);
            const std::lock_guard lock(mutex);
            workers.insert(std::this_thread::get_id());
            return item;
        };
    };
    Pool(3, parts).run();
    CHECK(workers.size() == 3);
    CHECK(workers.contains(std::this_thread::get_id()));
}

TEST_CASE("items that come one by one are worked on alone, by the caller", "[codec]") {
    const auto caller = std::this_thread::get_id();
    Numbers numbers{50};
    auto parts = numbers.parts(8);
    parts.waits = [] { return false; };
    int alone = 0;
    parts.make_work = [&] {
        return [&](int item, bool is_alone) {
            CHECK(std::this_thread::get_id() == caller);
            alone += is_alone ? 1 : 0;
            return item;
        };
    };
    Pool(4, parts).run();
    CHECK(alone == 50);
    CHECK(numbers.delivered == first(50));
}
