// Live frames: how old they are behind a slow stage, and who may drop them.
#include <atomic>
#include <csignal>
#include <thread>

#include "catch.hpp"
#include "files.hpp"
#include "frame/input.hpp"
#include "frame/writer.hpp"

using namespace framepipe;
using namespace std::chrono_literals;
using framepipe_test::Pipe;

namespace {

Frame live_frame(std::int64_t seq, std::size_t size) {
    Frame frame{Header("image/jpeg"), Bytes::from(std::string(size, 'j'))};
    frame.header.set("seq", seq);
    frame.header.set("time_us", now_us());
    frame.header.set("live", true);
    return frame;
}

/// A camera: a frame each `period`, of which only the newest is kept while the reader is behind.
void run_camera(int out, std::size_t size, SteadyClock::duration period) {
    FrameWriter writer(out);
    auto due = SteadyClock::now();
    for (std::int64_t seq = 0;; ++seq) {
        std::this_thread::sleep_until(due += period);
        if (writer.reader_left()) return;
        if (!writer.drained()) continue;
        if (!writer.write(live_frame(seq, size))) return;
    }
}

void run_stage(int in, int out) {
    FrameWriter writer(out, "stage");
    InputOptions options;
    options.downstream = &writer;
    const auto input = open_input(in, options);
    while (auto frame = input->next()) {
        if (!writer.write(*frame)) return;
    }
}

/// The ages at which a filter that takes 200 ms a frame gets its frames, behind `stages` others.
std::vector<std::chrono::milliseconds> ages_at_slow_filter(int stages, std::size_t size, std::size_t count) {
    std::signal(SIGPIPE, SIG_IGN);
    std::vector<Pipe> pipes(static_cast<std::size_t>(stages) + 1);
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
        run_camera(pipes[0].write.get(), size, 33ms);
        pipes[0].write.reset();
    });
    for (std::size_t i = 0; i < static_cast<std::size_t>(stages); ++i) {
        threads.emplace_back([&pipes, i] {
            run_stage(pipes[i].read.get(), pipes[i + 1].write.get());
            pipes[i].read.reset();
            pipes[i + 1].write.reset();
        });
    }
    std::vector<std::chrono::milliseconds> ages;
    const auto input = open_input(pipes.back().read.get());
    while (ages.size() < count) {
        const auto frame = input->next();
        if (!frame) break;
        ages.push_back(std::chrono::milliseconds((now_us() - *frame->header.time_us()) / 1000));
        std::this_thread::sleep_for(200ms);
    }
    pipes.back().read.reset();
    return ages;
}

}  // namespace

TEST_CASE("a 5 fps filter finds 20 kB pictures of a 30 fps camera under half a second old", "[frame][live]") {
    for (const int stages : {0, 1, 2, 4}) {
        // From the first one on, while nobody knows yet that the filter is slow.
        const auto ages = ages_at_slow_filter(stages, 20000, 12);
        REQUIRE(ages.size() == 12);
        INFO(stages << " stages between");
        CHECK(*std::max_element(ages.begin(), ages.end()) < 500ms);
    }
}

TEST_CASE("a live frame waits in its writer until the one before it is read", "[frame][live]") {
    Pipe pipe;
    FrameWriter writer(pipe.write.get());
    REQUIRE(writer.write(live_frame(0, 100)));
    CHECK_FALSE(writer.drained());
    bool written = false;
    std::jthread second([&] { written = writer.write(live_frame(1, 100)); });  // Catch2 checks in one thread only
    while (!writer.blocked()) std::this_thread::yield();
    const auto one = open_input(Bytes::from(pipe.ready()))->next();
    REQUIRE(one);
    CHECK(one->header.seq() == 0);
    second.join();
    CHECK(written);
    CHECK(open_input(Bytes::from(pipe.ready()))->next()->header.seq() == 1);
}

TEST_CASE("recorded frames never wait for the ones before them", "[frame][live]") {
    Pipe pipe;
    FrameWriter writer(pipe.write.get());
    for (std::int64_t seq = 0; seq < 10; ++seq) {
        Frame frame = live_frame(seq, 20000);
        frame.header.erase("live");
        REQUIRE(writer.write(frame));
    }
    CHECK(writer.unread() > 200000);  // more than a pipe's default 64 KiB: recorded streams get a large one
}

TEST_CASE("a writer held back by a live frame notices that its reader leaves", "[frame][live]") {
    std::signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    FrameWriter writer(pipe.write.get());
    REQUIRE(writer.write(live_frame(0, 100)));
    bool written = true;
    std::jthread second([&] { written = writer.write(live_frame(1, 100)); });
    while (!writer.blocked()) std::this_thread::yield();
    pipe.read.reset();
    second.join();
    CHECK_FALSE(written);
}

TEST_CASE("--latest gives the newest picture of each stream, keeps the rest, and counts what it skipped", "[frame][latest]") {
    Pipe pipe;
    FrameWriter writer(pipe.write.get());
    const auto put = [&](const char* type, const char* stream, std::int64_t seq) {
        Frame frame{Header(type), Bytes::copy_of("x")};
        frame.header.set("stream", stream);
        frame.header.set("seq", seq);
        REQUIRE(writer.write(frame));
    };
    put("image/png", "a", 0);
    InputOptions options;
    options.latest = true;
    const auto input = open_input(pipe.read.get(), options);
    REQUIRE(input->next()->header.seq() == 0);
    put("image/png", "a", 1);
    put("text/plain", "a", 2);
    put("image/png", "b", 3);
    put("image/png", "a", 4);
    pipe.write.reset();
    while (input->skipped() == 0) std::this_thread::yield();
    std::vector<std::int64_t> rest;
    while (auto frame = input->next()) rest.push_back(*frame->header.seq());
    CHECK(rest == std::vector<std::int64_t>{2, 3, 4});
    CHECK(input->skipped() == 1);
}

TEST_CASE("--latest stops with one frame in hand while the output is blocked", "[frame][latest]") {
    static Pipe& in = *new Pipe;  // never closed: the thread behind --latest may still read it
    Pipe out;
    FrameWriter source(in.write.get());
    FrameWriter sink(out.write.get());
    REQUIRE(sink.write(live_frame(0, 10)));
    InputOptions options;
    options.latest = true;
    options.downstream = &sink;
    const auto input = open_input(in.read.get(), options);
    REQUIRE(source.write(live_frame(0, 1000)));
    const auto frame = input->next();
    bool written = false;
    std::jthread blocked([&] { written = sink.write(*frame); });
    while (!sink.blocked()) std::this_thread::yield();
    REQUIRE(source.write(live_frame(1, 1000)));  // taken in hand
    REQUIRE(source.wait_drained(SteadyClock::now() + 10s));
    REQUIRE(source.write(live_frame(2, 1000)));  // stays unread
    CHECK_FALSE(source.wait_drained(SteadyClock::now() + 200ms));
    CHECK(input->skipped() == 0);
    (void)out.ready();
    blocked.join();
    CHECK(written);
    CHECK(source.wait_drained(SteadyClock::now() + 10s));
}

TEST_CASE("--latest gives the newest of what came while its output was blocked", "[frame][latest]") {
    static Pipe& in = *new Pipe;  // never closed: the thread behind --latest may still read it
    Pipe out;
    FrameWriter source(in.write.get());
    FrameWriter sink(out.write.get());
    InputOptions options;
    options.latest = true;
    options.downstream = &sink;
    const auto input = open_input(in.read.get(), options);
    REQUIRE(source.write(live_frame(0, 1000)));
    const auto first = input->next();
    REQUIRE(first);
    REQUIRE(sink.write(*first));  // and nobody reads it
    std::atomic<std::int64_t> got = -1;
    std::jthread command([&] { got = *input->next()->header.seq(); });
    // As `tee` writes them: without waiting until the one before has been read.
    for (std::int64_t seq = 1; seq <= 5; ++seq) {
        Frame frame = live_frame(seq, 1000);
        frame.header.erase("live");
        REQUIRE(source.write(frame));
    }
    std::this_thread::sleep_for(50ms);
    CHECK(got == -1);
    (void)out.ready();
    command.join();
    CHECK(got == 5);
    CHECK(input->skipped() == 4);
}
