// Another server as a device: what it is told, and what becomes of its frames.
#include <deque>
#include <future>
#include <map>

#include "catch.hpp"
#include "frame/error.hpp"
#include "source/fixtures.hpp"
#include "source/live_loop.hpp"
#include "source/relay_source.hpp"

using namespace framepipe;
using namespace framepipe_test;
using namespace std::chrono_literals;

namespace {

/// A server whose frames the test gives, and which notes what was taken.
struct Far {
    struct Link : RelaySource {
        explicit Link(Far& f) : far(f) {}
        std::optional<Frame> next_until(SteadyClock::time_point until) override {
            std::unique_lock lock(far.mutex);
            far.changed.wait_until(lock, until, [&] { return !far.frames.empty() || far.broken; });
            if (far.broken) throw Error("it broke");
            if (far.frames.empty()) return std::nullopt;
            auto frame = std::move(far.frames.front());
            far.frames.pop_front();
            ++far.given;
            return frame;
        }
        bool keeps_headers() const override { return true; }
        void taken(const std::string& stream, std::uint64_t count) override {
            const std::lock_guard lock(far.mutex);
            far.taken[stream] += count;
            far.changed.notify_all();
        }
        Far& far;
    };

    void give(const std::string& stream, std::int64_t seq, bool live) {
        Header header("text/plain");
        header.set("stream", stream);
        header.set("seq", seq);
        header.set("time_us", std::int64_t{42});
        if (live) header.set("live", true);
        const std::lock_guard lock(mutex);
        frames.push_back({std::move(header), Bytes::copy_of("x")});
        changed.notify_all();
    }
    void break_off() {
        const std::lock_guard lock(mutex);
        broken = true;
        changed.notify_all();
    }
    template <typename Condition>
    bool comes_true(Condition condition) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, 60s, condition);
    }
    bool all_given(std::uint64_t count) {
        for (int i = 0; i < 60'000; ++i) {
            {
                const std::lock_guard lock(mutex);
                if (given == count) return true;
            }
            std::this_thread::sleep_for(1ms);
        }
        return false;
    }

    std::mutex mutex;
    std::condition_variable changed;
    // The rest is guarded by mutex.
    std::deque<Frame> frames;
    std::map<std::string, std::uint64_t> taken;
    std::uint64_t given = 0;
    bool broken = false;
};

struct Run {
    Run() : writer(pipe.in.get()) {
        result = std::async(std::launch::async, [this] {
            return run_live([this] { return std::make_unique<Far::Link>(far); }, writer, {.name = "far", .retry = false}, {},
                            stop.get_token());
        });
    }
    ~Run() {
        stop.request_stop();
        if (result.valid()) result.wait();
    }
    Far far;
    Pipe pipe;
    FrameWriter writer;
    std::stop_source stop;
    std::future<LiveResult> result;
};

}  // namespace

TEST_CASE("a relay's frames keep what they say, and each is told when it was taken", "[source]") {
    Run run;
    auto reader = run.pipe.reader();
    run.far.give("a", 7, false);
    auto frame = reader->next();
    REQUIRE(frame);
    CHECK(frame->header.text() == R"({"type":"text/plain","stream":"a","seq":7,"time_us":42})");
    CHECK(run.far.comes_true([&] { return run.far.taken["a"] == 1; }));
}

TEST_CASE("of a relay's frames only live ones are replaced, by newer ones of their stream", "[source]") {
    Run run;
    auto reader = run.pipe.reader();
    run.far.give("a", 0, true);
    REQUIRE(run.far.comes_true([&] { return run.far.taken["a"] == 1; }));  // it is in the pipe, and keeps the others here
    for (std::int64_t n = 1; n <= 3; ++n) {
        run.far.give("a", n, true);
        run.far.give("b", n, true);
        run.far.give("words", n, false);
    }
    REQUIRE(run.far.all_given(10));
    CHECK(run.far.comes_true([&] { return run.far.taken["b"] == 0 && run.far.taken["words"] == 0; }));
    std::map<std::string, std::vector<std::int64_t>> got;
    for (int n = 0; n < 6; ++n) {
        const auto frame = reader->next();
        REQUIRE(frame);
        got[frame->header.stream()].push_back(*frame->header.seq());
    }
    CHECK(got["a"] == std::vector<std::int64_t>{0, 3});
    CHECK(got["b"] == std::vector<std::int64_t>{3});
    CHECK(got["words"] == std::vector<std::int64_t>{1, 2, 3});
    // Those that were replaced are dealt with, too.
    CHECK(run.far.comes_true([&] { return run.far.taken["a"] == 4 && run.far.taken["b"] == 3 && run.far.taken["words"] == 3; }));
}

TEST_CASE("a relay that breaks ends with its reason where it is not to be tried again", "[source]") {
    Run run;
    run.far.give("a", 0, true);
    REQUIRE(run.far.comes_true([&] { return run.far.taken["a"] == 1; }));  // it is in the pipe, and nobody reads it
    run.far.break_off();
    REQUIRE(run.result.wait_for(60s) == std::future_status::ready);
    CHECK_THROWS_WITH(run.result.get(), Equals("far failed: it broke"));
}

TEST_CASE("what has come before a relay breaks is still written", "[source]") {
    Run run;
    run.far.give("a", 0, true);
    REQUIRE(run.far.comes_true([&] { return run.far.taken["a"] == 1; }));  // it is in the pipe, and keeps the others here
    run.far.give("a", 1, true);
    run.far.give("words", 0, false);
    REQUIRE(run.far.all_given(3));
    run.far.break_off();
    auto reader = run.pipe.reader();
    for (int n = 0; n < 3; ++n) REQUIRE(reader->next());
    CHECK_THROWS_WITH(run.result.get(), Equals("far failed: it broke"));
}
