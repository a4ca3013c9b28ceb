// Work on a sequence of items in several threads, with the results handed on in the items' order.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace framepipe {

/// Threads that each take an item, work on it, deliver what is due, and take the next. Nobody hands items about:
/// who has read one works on it while another reads, so that its bytes are near and a lone item wakes nobody.
/// Results are delivered in order by whoever has made the next one due, with what waits behind it.
template <typename Item, typename Result>
class OrderedPool {
public:
    /// alone  it had to be waited for, and nothing else is in the pool: other cores are idle
    using Work = std::function<Result(Item, bool alone)>;

    /// What the pool is made of. Each but the work is called by one thread at a time, though not always by the same.
    struct Parts {
        /// True if the next item can be taken without waiting.
        std::function<bool()> waits;
        /// The next item; nullopt: there are no more.
        std::function<std::optional<Item>()> take;
        /// How many items may be in the pool when one more is taken up.
        std::function<std::size_t()> limit;
        /// Called once a thread, so that each has a state of its own.
        std::function<Work()> make_work;
        /// false: nobody wants more, the pool stops
        std::function<bool(Result)> deliver;
    };

    /// workers  1 or more, with the thread that calls run()
    OrderedPool(unsigned workers, Parts parts) : workers_(workers), parts_(std::move(parts)) {}

    OrderedPool(const OrderedPool&) = delete;
    OrderedPool& operator=(const OrderedPool&) = delete;

    /// Returns when the items have ended and all is delivered, or nobody wants more. The other threads are started
    /// as there is work for them. Once only.
    /// throws what take() has, after all that was taken before has been delivered; or at once what work() or
    ///        deliver() has
    void run() {
        take_part();
        std::unique_lock lock(mutex_);
        over_.wait(lock, [&] { return stopped_ || in_pool_ == 0; });
        stopped_ = true;
        changed_.notify_all();
        auto threads = std::move(threads_);
        lock.unlock();
        threads.clear();
        if (failure_) std::rethrow_exception(failure_);
        if (input_failure_) std::rethrow_exception(input_failure_);
    }

private:
    /// What each thread does until there are no more items.
    void take_part() {
        std::unique_lock lock(mutex_, std::defer_lock);
        try {
            const Work work = parts_.make_work();
            lock.lock();
            while (wait_for_turn(lock)) {
                auto item = next(lock);
                if (!item) break;
                const std::uint64_t number = taken_++;
                const bool alone = in_pool_++ == 0 && came_alone_;
                if (!alone) let_another_take();
                lock.unlock();
                Result result = work(std::move(*item), alone || workers_ == 1);
                item.reset();
                lock.lock();
                ready_.emplace(number, std::move(result));
                deliver_what_is_due(lock);
            }
        } catch (...) {
            if (!lock.owns_lock()) lock.lock();
            if (!failure_) failure_ = std::current_exception();
            stop();
        }
    }

    /// returns  false if there is nothing more to take
    bool wait_for_turn(std::unique_lock<std::mutex>& lock) {
        ++asleep_;
        changed_.wait(lock, [&] { return stopped_ || ended_ || (!taking_ && in_pool_ < parts_.limit()); });
        --asleep_;
        return !stopped_ && !ended_;
    }

    std::optional<Item> next(std::unique_lock<std::mutex>& lock) {
        std::optional<Item> item;
        std::exception_ptr failure;
        taking_ = true;
        lock.unlock();
        try {
            came_alone_ = !parts_.waits();
            item = parts_.take();
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        taking_ = false;
        if (item && !stopped_) return item;
        input_failure_ = failure;
        ended_ = true;
        changed_.notify_all();
        return std::nullopt;
    }

    // Locked.
    void let_another_take() {
        if (asleep_ == 0 && threads_.size() + 1 < workers_) {
            threads_.emplace_back([this] {
                ::pthread_setname_np(::pthread_self(), "worker");
                take_part();
            });
        } else if (in_pool_ < parts_.limit()) {
            changed_.notify_one();
        }
    }

    void deliver_what_is_due(std::unique_lock<std::mutex>& lock) {
        bool first = true;
        while (!delivering_ && !stopped_ && !ready_.empty() && ready_.begin()->first == delivered_) {
            // Who delivers one takes the next one itself, but here are several.
            if (!std::exchange(first, false) && !taking_) changed_.notify_one();
            Result result = std::move(ready_.begin()->second);
            ready_.erase(ready_.begin());
            delivering_ = true;
            lock.unlock();
            const bool wanted = parts_.deliver(std::move(result));
            lock.lock();
            delivering_ = false;
            ++delivered_;
            --in_pool_;
            if (!wanted) stop();
            if (in_pool_ == 0) over_.notify_all();
        }
    }

    // Locked.
    void stop() {
        stopped_ = true;
        changed_.notify_all();
        over_.notify_all();
    }

    const unsigned workers_;
    const Parts parts_;

    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::condition_variable over_;
    std::map<std::uint64_t, Result> ready_;
    std::uint64_t taken_ = 0;
    std::uint64_t delivered_ = 0;
    std::size_t in_pool_ = 0;
    std::size_t asleep_ = 0;
    bool taking_ = false;
    bool came_alone_ = false;  // of who takes: the last item was waited for
    bool delivering_ = false;
    bool ended_ = false;
    bool stopped_ = false;
    std::exception_ptr failure_;
    std::exception_ptr input_failure_;
    std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace framepipe
