#include "source/live_loop.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "frame/error.hpp"
#include "source/idle_watch.hpp"

namespace framepipe {

namespace {

using std::chrono::milliseconds;

constexpr auto kLook = milliseconds(100);
constexpr auto kIdleLook = milliseconds(20);
constexpr auto kFirstPause = milliseconds(250);
constexpr auto kLongestPause = milliseconds(3000);

class LiveLoop {
public:
    LiveLoop(const std::function<std::unique_ptr<Source>()>& open, FrameWriter& writer, const LiveOptions& options, const Say& say,
             const std::stop_token& stop)
        : open_(open), writer_(writer), options_(options), say_(say), stop_(stop), idle_(options.idle_close) {}

    LiveResult run();

private:
    // In the device's thread.
    void take_frames(std::unique_ptr<Source> source, const std::stop_token& done);
    void take_until_failure(Source& source, const std::stop_token& done);
    std::unique_ptr<Source> reopen(const std::string& failure, const std::stop_token& done);
    void wait_for_reader(const std::stop_token& done);
    void put(Frame frame);
    bool pause(milliseconds time, const std::stop_token& done);
    bool reader_is_idle() { return idle_.observe(SteadyClock::now(), writer_.unread(), written_.load()); }

    // In the writing thread.
    bool over() const { return stop_.stop_requested() || writer_.reader_left(); }
    std::optional<Frame> newest();

    const std::function<std::unique_ptr<Source>()>& open_;
    FrameWriter& writer_;
    const LiveOptions& options_;
    const Say& say_;
    const std::stop_token& stop_;
    IdleWatch idle_;
    std::atomic<std::uint64_t> written_{0};
    std::uint64_t seq_ = 0;  // of the device's thread

    std::mutex mutex_;
    std::condition_variable_any changed_;
    // The rest is guarded by mutex_.
    std::optional<Frame> slot_;
    std::uint64_t dropped_ = 0;
    bool ended_ = false;
    std::exception_ptr failure_;
};

/// Waits, and is false if that was cut short.
bool LiveLoop::pause(milliseconds time, const std::stop_token& done) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, done, time, [] { return false; });
    return !done.stop_requested();
}

void LiveLoop::put(Frame frame) {
    frame.header.set("seq", static_cast<std::int64_t>(seq_++));
    if (options_.stream) frame.header.set("stream", *options_.stream);
    if (!frame.header.time_us()) frame.header.set("time_us", now_us());
    frame.header.set("live", true);
    const std::lock_guard lock(mutex_);
    if (slot_) ++dropped_;
    slot_ = std::move(frame);
    changed_.notify_all();
}

/// Returns when the reader is idle or `done`.
void LiveLoop::take_until_failure(Source& source, const std::stop_token& done) {
    while (!done.stop_requested() && !reader_is_idle()) {
        auto frame = source.next();
        if (!frame) throw Error("the stream ended");
        put(std::move(*frame));
    }
}

void LiveLoop::wait_for_reader(const std::stop_token& done) {
    {
        // What was taken before the pause would be stale after it.
        const std::lock_guard lock(mutex_);
        if (slot_) ++dropped_;
        slot_.reset();
    }
    if (say_.verbose) say_.verbose(fmt::format("{} closed: nobody reads", options_.name));
    while (reader_is_idle() && pause(kIdleLook, done)) {
    }
}

/// Null when `done`.
std::unique_ptr<Source> LiveLoop::reopen(const std::string& failure, const std::stop_token& done) {
    if (!failure.empty() && say_.warn) say_.warn(fmt::format("{} failed: {}; waiting until it is back", options_.name, failure));
    auto wait = kFirstPause;
    bool said = !failure.empty();
    while (!done.stop_requested()) {
        if (said && !pause(wait, done)) break;
        try {
            auto source = open_();
            if (said && say_.notice) say_.notice(fmt::format("{} is back", options_.name));
            if (!said && say_.verbose) say_.verbose(fmt::format("{} opened again", options_.name));
            return source;
        } catch (const Error& error) {
            if (!options_.retry) throw;
            if (!said && say_.warn) say_.warn(fmt::format("{}; waiting until it is back", error.what()));
            if (said && say_.verbose) say_.verbose(error.what());
            said = true;
        }
        wait = std::min(wait * 2, kLongestPause);
    }
    return nullptr;
}

void LiveLoop::take_frames(std::unique_ptr<Source> source, const std::stop_token& done) {
    pthread_setname_np(pthread_self(), "device");
    try {
        while (source) {
            std::string failure;
            try {
                take_until_failure(*source, done);
            } catch (const Error& error) {
                if (!options_.retry) throw Error(fmt::format("{} failed: {}", options_.name, error.what()));
                failure = error.what();
            }
            source.reset();
            if (done.stop_requested()) break;
            if (failure.empty()) wait_for_reader(done);
            source = reopen(failure, done);
        }
    } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

std::optional<Frame> LiveLoop::newest() {
    std::unique_lock lock(mutex_);
    while (!slot_ && !ended_ && !over()) changed_.wait_for(lock, stop_, kLook, [&] { return slot_ || ended_; });
    return std::exchange(slot_, std::nullopt);
}

LiveResult LiveLoop::run() {
    auto source = open_();
    if (say_.verbose) say_.verbose(fmt::format("{} opened", options_.name));
    {
        std::jthread device([&](const std::stop_token& done) { take_frames(std::move(source), done); });
        while (!over() && (!options_.count || written_ < *options_.count)) {
            if (!writer_.wait_drained(SteadyClock::now() + kLook, [&] { return over(); })) continue;
            const auto frame = newest();
            if (!frame || over() || !writer_.write(*frame)) break;
            ++written_;
        }
    }
    if (failure_) std::rethrow_exception(failure_);
    return {written_, dropped_};
}

}  // namespace

LiveResult run_live(const std::function<std::unique_ptr<Source>()>& open, FrameWriter& writer, const LiveOptions& options, const Say& say,
                    const std::stop_token& stop) {
    return LiveLoop(open, writer, options, say, stop).run();
}

}  // namespace framepipe
