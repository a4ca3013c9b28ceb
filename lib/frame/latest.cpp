#include "frame/latest.hpp"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "frame/clock.hpp"
#include "frame/writer.hpp"

namespace framepipe {
namespace {

using namespace std::chrono_literals;

/// Frames that cannot be replaced and wait: beyond this the thread stops reading.
constexpr std::size_t kMostWaiting = 64;
constexpr auto kCatchUp = 50ms;
/// A writer that was held back notices within this time that it may write.
constexpr auto kSettle = 8ms;

struct Shared {
    std::unique_ptr<FrameInput> inner;  // the thread's
    int fd;                             // what it reads
    const FrameWriter* downstream;

    std::mutex mutex;  // guards what follows
    std::condition_variable changed;
    std::deque<Frame> waiting;
    std::uint64_t skipped = 0;
    std::exception_ptr failure;
    bool over = false;
    bool abandoned = false;
    bool working = false;      // the command took a frame and has not asked for the next
    bool held = false;         // it has asked, but the live frame that it wrote last is unread
    bool paused = false;       // the thread stopped reading since the output was blocked: what it has is old
    bool catching_up = false;  // the command waits for what came during the pause
    bool caught_up = false;    // nothing more can be read without waiting
};

bool replaceable(const Frame& frame) {
    return frame.header.is_image() && !frame.header.end() && !frame.header.raw("request");
}

/// Puts a frame in, in the place of an older picture of its stream.
void put(Shared& shared, Frame frame) {
    if (replaceable(frame)) {
        const auto stream = frame.header.stream();
        const auto older = std::find_if(shared.waiting.begin(), shared.waiting.end(),
                                        [&](const Frame& other) { return replaceable(other) && other.header.stream() == stream; });
        if (older != shared.waiting.end()) {
            shared.waiting.erase(older);
            ++shared.skipped;
        }
    }
    shared.waiting.push_back(std::move(frame));
    shared.changed.notify_all();
}

/// The next frame, in the thread that reads.
std::optional<Frame> take(Shared& shared) {
    std::chrono::milliseconds patience{0};
    {
        const std::lock_guard lock(shared.mutex);
        if (shared.catching_up) patience = kSettle;
    }
    pollfd look{shared.fd, POLLIN, 0};
    if (!shared.inner->has_read_ahead() && ::poll(&look, 1, static_cast<int>(patience.count())) == 0) {
        const std::lock_guard lock(shared.mutex);
        shared.caught_up = true;
        shared.changed.notify_all();
    }
    return shared.inner->next();
}

void read_all(const std::shared_ptr<Shared>& shared) {
    ::pthread_setname_np(::pthread_self(), "latest");
    try {
        while (std::optional<Frame> frame = take(*shared)) {
            std::unique_lock lock(shared->mutex);
            shared->caught_up = false;
            put(*shared, std::move(*frame));
            auto nap = 1ms;
            const auto must_wait = [&] {
                if (shared->abandoned) return false;  // and the writer downstream may be gone
                const bool blocked = shared->held || (shared->working && shared->downstream != nullptr && shared->downstream->blocked());
                return shared->waiting.size() >= kMostWaiting || (blocked && !shared->waiting.empty());
            };
            while (must_wait()) {
                shared->paused = true;
                shared->changed.wait_for(lock, nap);
                nap = std::min(nap * 2, 20ms);
            }
            if (shared->abandoned) return;
        }
    } catch (...) {
        const std::lock_guard lock(shared->mutex);
        shared->failure = std::current_exception();
    }
    const std::lock_guard lock(shared->mutex);
    shared->over = true;
    shared->changed.notify_all();
}

class NewestOnly : public FrameInput {
public:
    NewestOnly(std::unique_ptr<FrameInput> inner, int fd, const FrameWriter* downstream) : shared_(std::make_shared<Shared>()) {
        shared_->inner = std::move(inner);
        shared_->fd = fd;
        shared_->downstream = downstream;
    }

    /// The thread may be inside a read that nothing can end; it holds its own share of the state.
    ~NewestOnly() override {
        const std::lock_guard lock(shared_->mutex);
        shared_->abandoned = true;
        shared_->changed.notify_all();
    }

    std::optional<Frame> next() override {
        std::unique_lock lock(shared_->mutex);
        if (!started_) {
            std::thread(read_all, shared_).detach();
            started_ = true;
        }
        shared_->working = false;
        if (!last_is_taken(lock)) return std::nullopt;
        shared_->changed.notify_all();
        if (std::exchange(shared_->paused, false)) {
            // What came during the pause is newer than what is in hand. A source that is always faster than
            // we read must not keep us here.
            shared_->catching_up = true;
            shared_->changed.wait_for(lock, kCatchUp, [&] { return (shared_->caught_up && !shared_->waiting.empty()) || shared_->over; });
        }
        shared_->catching_up = false;
        shared_->changed.wait(lock, [&] { return !shared_->waiting.empty() || shared_->over; });
        if (shared_->waiting.empty()) {
            if (shared_->failure) std::rethrow_exception(std::exchange(shared_->failure, nullptr));
            return std::nullopt;
        }
        Frame frame = std::move(shared_->waiting.front());
        shared_->waiting.pop_front();
        shared_->working = true;
        shared_->changed.notify_all();
        last_was_live_ = frame.header.live();
        return frame;
    }

    std::uint64_t skipped() const override {
        const std::lock_guard lock(shared_->mutex);
        return shared_->skipped;
    }

private:
    /// A live frame taken up before the last one was read would only grow old in the writer.
    /// returns  false if the reader downstream has left
    bool last_is_taken(std::unique_lock<std::mutex>& lock) {
        const FrameWriter* downstream = shared_->downstream;
        if (!last_was_live_ || downstream == nullptr) return true;
        shared_->held = true;
        lock.unlock();
        bool taken = false;
        bool reader_there = true;
        while (!taken && reader_there) {
            taken = downstream->wait_drained(SteadyClock::now() + 1h);
            reader_there = taken || !downstream->reader_left();
        }
        lock.lock();
        shared_->held = false;
        return reader_there;
    }

    std::shared_ptr<Shared> shared_;
    bool started_ = false;
    bool last_was_live_ = false;
};

}  // namespace

std::unique_ptr<FrameInput> newest_only(std::unique_ptr<FrameInput> inner, int fd, const FrameWriter* downstream) {
    return std::make_unique<NewestOnly>(std::move(inner), fd, downstream);
}

}  // namespace framepipe
