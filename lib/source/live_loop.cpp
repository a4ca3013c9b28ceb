#include "source/live_loop.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "frame/back_off.hpp"
#include "frame/error.hpp"
#include "frame/module.hpp"
#include "frame/wake_event.hpp"
#include "net/not_there.hpp"
#include "source/idle_watch.hpp"
#include "source/relay_source.hpp"

namespace framepipe {

namespace {

using std::chrono::milliseconds;

constexpr auto kLook = milliseconds(100);
constexpr auto kIdleLook = milliseconds(20);
constexpr auto kFirstPause = milliseconds(250);
constexpr auto kLongestPause = milliseconds(3000);

/// How many frames that no newer one may replace wait here.
constexpr std::size_t kMostWaiting = 64;
/// A relay's frame that has waited so long is worth asking for a newer one, and so long is waited for that.
constexpr auto kOld = milliseconds(50);
constexpr auto kAsk = milliseconds(20);

/// A frame between the device and the reader.
struct Waiting {
    Frame frame;
    std::string stream;        // as the source calls it, or the file
    std::uint64_t count = 1;   // this one, and those that it has replaced
    std::uint64_t source = 0;  // the number of the opening that it came from
    SteadyClock::time_point since = SteadyClock::now();
};

class LiveLoop {
public:
    LiveLoop(const std::function<std::unique_ptr<Source>()>& open, FrameWriter& writer, const LiveOptions& options, const Say& say,
             const std::stop_token& stop)
        : open_(open), writer_(writer), options_(options), say_(say), stop_(stop), idle_(options.idle_close), stop_wakes_(stop, [this] {
              something_.set();
          }) {}

    LiveResult run();

private:
    // In the device's thread.
    void take_frames(std::unique_ptr<Source> source, const std::string& missing, const std::stop_token& done);
    void take_until_failure(Source& source, const std::stop_token& done);
    std::unique_ptr<Source> reopen(const std::string& trouble, const std::stop_token& done);
    void wait_for_reader(const std::stop_token& done);
    bool put(Frame frame, const RelaySource* relay, const std::stop_token& done);
    bool put_through(Waiting& next);
    void set_source(Source* source);
    bool pause(milliseconds time, const std::stop_token& done);
    bool reader_is_idle() { return idle_.observe(SteadyClock::now(), writer_.unread(), written_.load()); }

    // In the writing thread.
    bool enough() const { return options_.count && written_ >= *options_.count; }
    bool over() const { return stop_.stop_requested() || writer_.reader_left(); }
    bool wait_for_frame();
    void wake_writer();
    std::optional<Waiting> newest();
    void acknowledge(Waiting& waiting);

    const std::function<std::unique_ptr<Source>()>& open_;
    FrameWriter& writer_;
    const LiveOptions& options_;
    const Say& say_;
    const std::stop_token& stop_;
    IdleWatch idle_;
    std::atomic<std::uint64_t> written_{0};
    std::uint64_t seq_ = 0;  // of the device's thread, as the next
    bool ever_opened_ = false;

    std::mutex mutex_;
    std::condition_variable_any changed_;
    // The rest is guarded by mutex_.
    std::deque<Waiting> waiting_;
    bool writing_ = false;          // the writing thread has one in hand
    RelaySource* relay_ = nullptr;  // the source that is open, if it is one
    std::uint64_t openings_ = 0;
    std::uint64_t dropped_ = 0;
    bool ended_ = false;
    std::exception_ptr failure_;

    WakeEvent something_;  // for the writing thread: a frame waits, or the end has come
    const std::stop_callback<std::function<void()>> stop_wakes_;
};

/// Waits, and is false if that was cut short.
bool LiveLoop::pause(milliseconds time, const std::stop_token& done) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, done, time, [] { return false; });
    return !done.stop_requested();
}

/// Writes a frame to a reader who waits for it, without waking the writing thread, which is for those who do not.
/// mutex_ is held.
/// returns  false if it has to wait
bool LiveLoop::put_through(Waiting& next) {
    if (writing_ || !waiting_.empty()) return false;
    try {
        const auto done = writer_.write_at_once(next.frame);
        if (!done) return false;
        if (*done) {
            ++written_;
            acknowledge(next);
        }
        ended_ = !*done || enough();
    } catch (...) {
        failure_ = std::current_exception();
        ended_ = true;
    }
    if (ended_) wake_writer();
    return true;
}

/// returns  true if a reader who waited for it has it
bool LiveLoop::put(Frame frame, const RelaySource* relay, const std::stop_token& done) {
    Header& header = frame.header;
    // A newer picture is one of the same stream, or of the same file.
    std::string stream = relay ? header.stream() : header.meta_raw("file").value_or("");
    if (!relay || !relay->keeps_headers()) {
        header.set("seq", static_cast<std::int64_t>(seq_++));
        header.set("live", true);
    }
    if (options_.stream) header.set("stream", *options_.stream);
    if (!header.time_us()) header.set("time_us", now_us());

    const bool replaces = header.live() && !header.end();
    Waiting next{std::move(frame), std::move(stream)};
    std::unique_lock lock(mutex_);
    next.source = openings_;
    if (ended_ || enough()) return false;
    if (put_through(next)) return true;
    const auto older = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
        return replaces && waiting.stream == next.stream && waiting.frame.header.live() && !waiting.frame.header.end();
    });
    if (older != waiting_.end()) {
        ++dropped_;
        next.count += older->count;
        *older = std::move(next);
    } else {
        while (waiting_.size() >= kMostWaiting && !done.stop_requested() && !reader_is_idle()) {
            changed_.wait_for(lock, done, kLook, [&] { return waiting_.size() < kMostWaiting; });
        }
        waiting_.push_back(std::move(next));
    }
    wake_writer();
    return false;
}

/// mutex_ is held.
void LiveLoop::wake_writer() {
    changed_.notify_all();
    something_.set();
}

/// Notes which source is open, null: none. What came from the one before is no more acknowledged.
void LiveLoop::set_source(Source* source) {
    const std::lock_guard lock(mutex_);
    relay_ = dynamic_cast<RelaySource*>(source);
    ++openings_;
}

/// Returns when the reader is idle or `done`.
void LiveLoop::take_until_failure(Source& source, const std::stop_token& done) {
    auto* relay = dynamic_cast<RelaySource*>(&source);
    auto* patient = dynamic_cast<WaitingSource*>(&source);
    bool reads = false;  // there is a reader, as what was just written shows
    while (!done.stop_requested() && (std::exchange(reads, false) || !reader_is_idle())) {
        auto frame = patient ? patient->next_until(SteadyClock::now() + kLook) : source.next();
        if (!frame && !patient) throw Error("the stream ended");
        if (frame) reads = put(std::move(*frame), relay, done);
    }
}

void LiveLoop::wait_for_reader(const std::stop_token& done) {
    {
        // What was taken before the pause would be stale after it.
        const std::lock_guard lock(mutex_);
        dropped_ += waiting_.size();
        waiting_.clear();
    }
    if (say_.verbose) say_.verbose(fmt::format("{} closed: nobody reads", options_.name));
    while (reader_is_idle() && pause(kIdleLook, done)) {
    }
}

/// trouble  why there is none; empty: it was closed for want of a reader
/// returns  null when `done`
std::unique_ptr<Source> LiveLoop::reopen(const std::string& trouble, const std::stop_token& done) {
    const std::string there = ever_opened_ ? "back" : "there";
    if (!trouble.empty() && say_.warn) say_.warn(fmt::format("{}; waiting until it is {}", trouble, there));
    BackOff back_off(kFirstPause, kLongestPause);
    bool said = !trouble.empty();
    while (!done.stop_requested()) {
        if (said && !pause(back_off.next(), done)) break;
        try {
            auto source = open_();
            if (said && say_.notice) say_.notice(fmt::format("{} is {}", options_.name, there));
            if (!said && say_.verbose) say_.verbose(fmt::format("{} opened again", options_.name));
            return source;
        } catch (const Error& error) {
            if (over()) break;
            const bool may_come = ever_opened_ || dynamic_cast<const NotThereError*>(&error) != nullptr;
            if (!options_.retry || !may_come) throw;
            if (!said && say_.warn) say_.warn(fmt::format("{}; waiting until it is back", error.what()));
            if (said && say_.verbose) say_.verbose(error.what());
            said = true;
        }
    }
    return nullptr;
}

void LiveLoop::take_frames(std::unique_ptr<Source> source, const std::string& missing, const std::stop_token& done) {
    pthread_setname_np(pthread_self(), "device");
    try {
        if (!source) source = reopen(missing, done);
        while (source) {
            ever_opened_ = true;
            std::string trouble;
            set_source(source.get());
            try {
                take_until_failure(*source, done);
            } catch (const MissingModule&) {
                throw;
            } catch (const Error& error) {
                // A source that knows that it is to stop says so by failing.
                trouble = fmt::format("{} failed: {}", options_.name, error.what());
                if (!over() && !options_.retry) throw Error(trouble);
            }
            set_source(nullptr);
            source.reset();
            if (done.stop_requested() || over()) break;
            if (trouble.empty()) wait_for_reader(done);
            source = reopen(trouble, done);
        }
    } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
        relay_ = nullptr;
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    wake_writer();
}

/// Lets the source send as many as were taken with this one. mutex_ is held.
void LiveLoop::acknowledge(Waiting& waiting) {
    if (relay_ && waiting.source == openings_) relay_->taken(waiting.stream, waiting.count);
    waiting.count = 0;
}

/// returns  false if none comes any more
bool LiveLoop::wait_for_frame() {
    std::unique_lock lock(mutex_);
    while (waiting_.empty() && !ended_ && !over()) {
        lock.unlock();
        writer_.wait_reader_left(something_.fd());
        something_.clear();
        lock.lock();
    }
    return !waiting_.empty();
}

/// returns  nullopt if what waited is gone: the reader was idle meanwhile
std::optional<Waiting> LiveLoop::newest() {
    std::unique_lock lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    const auto since = waiting_.front().since;
    if (relay_ && waiting_.front().frame.header.live() && SteadyClock::now() - since > kOld) {
        acknowledge(waiting_.front());
        changed_.wait_for(lock, stop_, kAsk, [&] { return waiting_.empty() || waiting_.front().since != since; });
        if (waiting_.empty()) return std::nullopt;
    }
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    writing_ = true;
    changed_.notify_all();
    return first;
}

LiveResult LiveLoop::run() {
    std::unique_ptr<Source> source;
    std::string missing;  // why there is none yet
    try {
        source = open_();
    } catch (const Error& error) {
        if (stop_.stop_requested()) return {};
        if (!options_.retry || dynamic_cast<const NotThereError*>(&error) == nullptr) throw;
        missing = error.what();
    }
    if (source && say_.verbose) say_.verbose(fmt::format("{} opened", options_.name));
    {
        std::jthread device([&](const std::stop_token& done) { take_frames(std::move(source), missing, done); });
        while (!over() && !enough()) {
            // First of all this: by the time that it has come the reader is done, and need not be watched.
            if (!wait_for_frame()) break;
            if (!writer_.wait_drained(SteadyClock::now() + kLook, [&] { return over(); })) continue;
            auto next = newest();
            if (over()) break;
            if (!next) continue;
            if (!writer_.write(next->frame)) break;
            ++written_;
            const std::lock_guard lock(mutex_);
            writing_ = false;
            acknowledge(*next);
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
