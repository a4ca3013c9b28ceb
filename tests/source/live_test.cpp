// Devices with a reader that is slow, away or gone.
#include <atomic>
#include <future>
#include <thread>

#include "catch.hpp"
#include "frame/error.hpp"
#include "net/not_there.hpp"
#include "source/fixtures.hpp"
#include "source/idle_watch.hpp"
#include "source/live_loop.hpp"
#include "source/pattern_source.hpp"

using namespace framepipe;
using namespace framepipe_test;
using namespace std::chrono_literals;

namespace {

/// A device with a plug: gives a frame a millisecond.
struct Device {
    std::atomic<bool> plugged{true};
    std::atomic<int> opened{0};
    std::atomic<int> open_now{0};
    std::atomic<std::uint64_t> given{0};

    struct Stream : Source {
        explicit Stream(Device& d) : device(d) {
            ++device.opened;
            ++device.open_now;
        }
        ~Stream() override { --device.open_now; }
        std::optional<Frame> next() override {
            std::this_thread::sleep_for(1ms);
            if (!device.plugged) throw Error("it was pulled");
            ++device.given;
            return Frame{Header("text/plain"), Bytes::copy_of(std::string(1000, 'x'))};
        }
        Device& device;
    };

    std::unique_ptr<Source> open() {
        if (!plugged) throw Error("cannot open the device: it is not there");
        return std::make_unique<Stream>(*this);
    }
};

/// Runs a device into a pipe, in a thread of its own.
struct Run {
    using Open = std::function<std::unique_ptr<Source>()>;

    explicit Run(LiveOptions options, Open open = {})
        : writer(pipe.in.get()), options_(std::move(options)), open_(open ? std::move(open) : [this] { return device.open(); }) {
        options_.name = "device";
        result = std::async(std::launch::async, [this] { return run_live(open_, writer, options_, words.say(), stop.get_token()); });
    }
    ~Run() {
        stop.request_stop();
        if (result.valid()) result.wait();
    }
    LiveResult end() {
        stop.request_stop();
        return result.get();
    }

    Device device;
    Pipe pipe;
    Words words;
    FrameWriter writer;
    std::stop_source stop;
    std::future<LiveResult> result;

private:
    LiveOptions options_;
    Open open_;
};

template <typename Condition>
bool comes_true(Condition condition) {
    const auto end = SteadyClock::now() + 60s;
    while (!condition()) {
        if (SteadyClock::now() > end) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

}  // namespace

TEST_CASE("a slow reader gets the newest picture, and gaps in seq are what was dropped", "[source]") {
    Run run({});
    auto reader = run.pipe.reader();
    REQUIRE(reader->next());
    // While the reader is busy the device goes on.
    const auto given = run.device.given.load();
    REQUIRE(comes_true([&] { return run.device.given > given + 100; }));  // the last one may still be on its way
    REQUIRE(reader->next());                                              // the one that waited in the pipe
    const auto newest = reader->next();
    REQUIRE(newest);
    CHECK(newest->header.seq().value_or(0) >= static_cast<std::int64_t>(given + 99));
    CHECK(newest->header.live());
    CHECK(newest->header.time_us());
    const auto result = run.end();
    CHECK(result.dropped >= 90);
    CHECK(result.written + result.dropped <= run.device.given);
}

TEST_CASE("a device that fails is said once and opened again when it is back", "[source]") {
    Run run({});
    auto reader = run.pipe.reader();
    REQUIRE(reader->next());
    run.device.plugged = false;
    REQUIRE(comes_true([&] { return run.words.count("device failed: it was pulled; waiting until it is back") == 1; }));
    REQUIRE(comes_true([&] { return run.device.open_now == 0; }));
    run.device.plugged = true;
    REQUIRE(comes_true([&] { return run.words.count("device is back") == 1; }));
    for (int i = 0; i < 5; ++i) REQUIRE(reader->next());
    CHECK(run.words.count("waiting") == 1);
    CHECK(run.device.opened == 2);
}

TEST_CASE("without retry a failure ends it with the reason", "[source]") {
    Run run({.retry = false});
    auto reader = run.pipe.reader();
    REQUIRE(reader->next());
    run.device.plugged = false;
    auto read_on = std::async(std::launch::async, [&] {
        while (reader->next()) {
        }
    });
    CHECK_THROWS_WITH(run.result.get(), Equals("device failed: it was pulled"));
    run.pipe.in.reset();
    read_on.get();
}

TEST_CASE("a device that cannot be opened at the start is an error", "[source]") {
    Device device;
    device.plugged = false;
    const Pipe pipe;
    FrameWriter writer(pipe.in.get());
    CHECK_THROWS_WITH(run_live([&] { return device.open(); }, writer, {}, {}, {}), ContainsSubstring("it is not there"));
}

TEST_CASE("a server that is not there at the start is waited for, until it refuses", "[source]") {
    for (const bool refuses : {false, true}) {
        Device device;
        int tries = 0;
        Run run({}, [&]() -> std::unique_ptr<Source> {
            if (++tries < 3) throw NotThereError("cannot connect");
            if (refuses) throw Error("it refuses");
            return device.open();
        });
        if (refuses) {
            CHECK_THROWS_WITH(run.result.get(), Equals("it refuses"));
        } else {
            REQUIRE(run.pipe.reader()->next());
            CHECK(run.words.count("device is there") == 1);
            run.end();
        }
        CHECK(tries == 3);
        CHECK(run.words.count("cannot connect; waiting until it is there") == 1);
    }
    Device device;
    const Pipe pipe;
    FrameWriter writer(pipe.in.get());
    const auto nobody = []() -> std::unique_ptr<Source> { throw NotThereError("cannot connect"); };
    CHECK_THROWS_WITH(run_live(nobody, writer, {.retry = false}, {}, {}), Equals("cannot connect"));
}

TEST_CASE("the device is closed while nobody reads, and open again when somebody does", "[source]") {
    Run run({.idle_close = 100ms});
    auto reader = run.pipe.reader();
    REQUIRE(reader->next());
    REQUIRE(comes_true([&] { return run.device.open_now == 0; }));
    CHECK(run.words.count("device closed: nobody reads") >= 1);  // once more for each time that we were slow
    const auto given = run.device.given.load();
    REQUIRE(reader->next());  // it waited in the pipe
    const auto next = reader->next();
    REQUIRE(next);
    // Nothing that was taken before the pause comes after it.
    CHECK(next->header.seq().value_or(0) >= static_cast<std::int64_t>(given));
    CHECK(run.device.opened >= 2);
}

TEST_CASE("it ends when the count is reached, when the reader leaves and when told to", "[source]") {
    Run counted({.count = 3});
    auto reader = counted.pipe.reader();
    for (int i = 0; i < 3; ++i) REQUIRE(reader->next());
    CHECK(counted.result.get().written == 3);
    CHECK(counted.device.open_now == 0);

    Run left({});
    REQUIRE(comes_true([&] { return left.device.given > 3; }));
    left.pipe.out.reset();
    CHECK(left.result.wait_for(60s) == std::future_status::ready);

    Run told({});
    REQUIRE(comes_true([&] { return told.device.given > 3; }));
    CHECK_NOTHROW(told.end());
}

TEST_CASE("the reader is idle only when bytes wait and stay", "[source]") {
    IdleWatch watch(10s);
    const auto start = SteadyClock::now();
    CHECK_FALSE(watch.observe(start, 100, 1));
    CHECK_FALSE(watch.observe(start + 9s, 100, 1));
    CHECK(watch.observe(start + 10s, 100, 1));
    CHECK_FALSE(watch.observe(start + 11s, 99, 1));  // a byte was taken
    CHECK_FALSE(watch.observe(start + 20s, 99, 1));
    CHECK_FALSE(watch.observe(start + 21s, 99, 2));  // room was made for a frame
    CHECK_FALSE(watch.observe(start + 22s, 0, 2));
    CHECK_FALSE(watch.observe(start + 99s, 0, 2));  // nothing to read is nobody's fault
    IdleWatch never(0s);
    CHECK_FALSE(never.observe(start, 100, 1));
    CHECK_FALSE(never.observe(start + 1000h, 100, 1));
}

TEST_CASE("the live pattern gives a late reader the newest picture and the gap", "[source]") {
    const Pipe pipe;
    FrameWriter writer(pipe.in.get());
    std::stop_source stop;
    auto drops = std::async(std::launch::async, [&] {
        return run_live_pattern(Pattern({32, 16}, PixelFormat::gray), writer, {.fps = 200}, stop.get_token());
    });
    auto reader = pipe.reader();
    const auto first = reader->next();
    REQUIRE(first);
    CHECK(first->header.seq() == 0);
    CHECK(first->header.live());
    REQUIRE(comes_true([&] { return now_us() - first->header.time_us().value_or(0) > 300'000; }));
    REQUIRE(reader->next());  // it waited in the pipe
    const auto late = reader->next();
    REQUIRE(late);
    CHECK(late->header.seq().value_or(0) >= 60);
    // Number and time belong together, but for the time between the looks at the two clocks.
    const auto time = late->header.time_us().value_or(0) - first->header.time_us().value_or(0);
    CHECK(std::abs(time - late->header.seq().value_or(0) * 5000) < 100'000);
    stop.request_stop();
    CHECK(drops.get() >= 50);
}
