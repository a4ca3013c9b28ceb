#include "frame/latest.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "frame/writer.hpp"

namespace framepipe {
namespace {

using namespace std::chrono_literals;

/// Frames that cannot be replaced and wait: beyond this the thread stops reading.
constexpr std::size_t kMostWaiting = 64;

struct Shared {
    std::unique_ptr<FrameInput> inner;  // the thread's
    const FrameWriter* downstream;

    std::mutex mutex;  // guards what follows
    std::condition_variable changed;
    std::deque<Frame> waiting;
    std::uint64_t skipped = 0;
    std::exception_ptr failure;
    bool over = false;
    bool abandoned = false;
    bool working = false;  // the command took a frame and has not asked for the next
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

void read_all(const std::shared_ptr<Shared>& shared) {
    ::pthread_setname_np(::pthread_self(), "latest");
    try {
        while (std::optional<Frame> frame = shared->inner->next()) {
            std::unique_lock lock(shared->mutex);
            put(*shared, std::move(*frame));
            auto nap = 1ms;
            const auto must_wait = [&] {
                if (shared->abandoned) return false;  // and the writer downstream may be gone
                const bool blocked = shared->working && shared->downstream != nullptr && shared->downstream->blocked();
                return shared->waiting.size() >= kMostWaiting || (blocked && !shared->waiting.empty());
            };
            while (must_wait()) {
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
    NewestOnly(std::unique_ptr<FrameInput> inner, const FrameWriter* downstream) : shared_(std::make_shared<Shared>()) {
        shared_->inner = std::move(inner);
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
        shared_->changed.notify_all();
        shared_->changed.wait(lock, [&] { return !shared_->waiting.empty() || shared_->over; });
        if (shared_->waiting.empty()) {
            if (shared_->failure) std::rethrow_exception(std::exchange(shared_->failure, nullptr));
            return std::nullopt;
        }
        Frame frame = std::move(shared_->waiting.front());
        shared_->waiting.pop_front();
        shared_->working = true;
        shared_->changed.notify_all();
        return frame;
    }

    std::uint64_t skipped() const override {
        const std::lock_guard lock(shared_->mutex);
        return shared_->skipped;
    }

private:
    std::shared_ptr<Shared> shared_;
    bool started_ = false;
};

}  // namespace

std::unique_ptr<FrameInput> newest_only(std::unique_ptr<FrameInput> inner, const FrameWriter* downstream) {
    return std::make_unique<NewestOnly>(std::move(inner), downstream);
}

}  // namespace framepipe
