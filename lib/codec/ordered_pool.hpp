// Work on a sequence of items in several threads, with the results handed on in the items' order.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace framepipe {

/// One thread submits, and is a worker itself while it would wait: one thread more than there are cores would only push
/// the others about. The pool's threads, started when they are first needed, each work on an item and
/// deliver results in order: whoever has made the next result due delivers it and what waits behind it.
/// So a lone item costs one wake-up, and a slow delivery holds one worker. What is in the pool is bounded
/// by the submitter, which asks for room before it takes up its next item.
///
/// An exception of the work or the delivery stops the pool and comes out of the next call of the submitter.
template <typename Item, typename Result>
class OrderedPool {
public:
    using Work = std::function<Result(Item)>;
    using Deliver = std::function<bool(Result)>;

    /// workers    1 or more, with the submitter; there is one thread beside it at least
    /// make_work  called once a thread, so that each has a state of its own
    /// deliver    called by one thread at a time, in order; false: nobody wants more, the pool stops
    OrderedPool(unsigned workers, std::function<Work()> make_work, Deliver deliver)
        : workers_(workers), make_work_(std::move(make_work)), deliver_(std::move(deliver)) {}

    /// Results that are not delivered yet are given up.
    ~OrderedPool() {
        {
            const std::lock_guard lock(mutex_);
            stopped_ = true;
        }
        changed_.notify_all();
    }

    OrderedPool(const OrderedPool&) = delete;
    OrderedPool& operator=(const OrderedPool&) = delete;

    /// Works, or waits, until fewer items are in the pool than `limit` says, which is asked again whenever one has left.
    /// returns  false if the pool has stopped
    bool wait_for_room(const std::function<std::size_t()>& limit) {
        std::unique_lock lock(mutex_);
        work_until(lock, [&] { return in_flight_ < limit(); });
        return going_on();
    }

    /// Works on an item that waits for a thread.
    /// returns  false if there is none
    bool help() {
        std::unique_lock lock(mutex_);
        if (stopped_ || waiting_.empty()) return false;
        work_on_next(lock, own_work());
        return true;
    }

    /// True if nothing is in the pool.
    bool idle() {
        const std::lock_guard lock(mutex_);
        return in_flight_ == 0;
    }

    /// Hands an item to the threads.
    void submit(Item item) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.emplace_back(submitted_++, std::move(item));
            ++in_flight_;
        }
        while (threads_.size() + 1 < workers_ || threads_.empty()) threads_.emplace_back([this] { run(); });
        changed_.notify_all();
    }

    /// Works on an item and delivers the result in the calling thread. Only while idle().
    /// returns  false if the pool has stopped
    bool work_here(Item item) {
        const bool wanted = deliver_(own_work()(std::move(item)));
        const std::lock_guard lock(mutex_);
        if (!wanted) stopped_ = true;
        return going_on();
    }

    /// Waits until everything is delivered.
    /// returns  false if the pool has stopped before
    bool finish() {
        std::unique_lock lock(mutex_);
        work_until(lock, [&] { return in_flight_ == 0; });
        return going_on();
    }

private:
    // The submitter's.
    Work& own_work() {
        if (!own_work_) own_work_ = make_work_();
        return own_work_;
    }

    template <typename Condition>
    void work_until(std::unique_lock<std::mutex>& lock, Condition condition) {
        while (!stopped_ && !failure_ && !condition()) {
            if (waiting_.empty())
                changed_.wait(lock);
            else
                work_on_next(lock, own_work());
        }
    }

    // Locked.
    bool going_on() {
        if (failure_) std::rethrow_exception(failure_);
        return !stopped_;
    }

    void run() {
        ::pthread_setname_np(::pthread_self(), "worker");
        std::unique_lock lock(mutex_);
        try {
            lock.unlock();
            Work work = make_work_();
            lock.lock();
            for (;;) {
                changed_.wait(lock, [&] { return stopped_ || !waiting_.empty(); });
                if (stopped_) return;
                work_on_next(lock, work);
            }
        } catch (...) {
            if (!lock.owns_lock()) lock.lock();
            if (!failure_) failure_ = std::current_exception();
            stopped_ = true;
            changed_.notify_all();
        }
    }

    void work_on_next(std::unique_lock<std::mutex>& lock, Work& work) {
        auto [number, item] = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        Result result = work(std::move(item));
        lock.lock();
        ready_.emplace(number, std::move(result));
        deliver_what_is_due(lock);
    }

    void deliver_what_is_due(std::unique_lock<std::mutex>& lock) {
        while (!delivering_ && !stopped_ && !ready_.empty() && ready_.begin()->first == delivered_) {
            Result result = std::move(ready_.begin()->second);
            ready_.erase(ready_.begin());
            delivering_ = true;
            lock.unlock();
            const bool wanted = deliver_(std::move(result));
            lock.lock();
            delivering_ = false;
            ++delivered_;
            --in_flight_;
            if (!wanted) stopped_ = true;
            changed_.notify_all();
        }
    }

    const unsigned workers_;
    const std::function<Work()> make_work_;
    const Deliver deliver_;
    Work own_work_;  // the submitter's

    std::mutex mutex_;  // guards what follows but the threads, which the submitter alone touches
    std::condition_variable changed_;
    std::deque<std::pair<std::uint64_t, Item>> waiting_;
    std::map<std::uint64_t, Result> ready_;
    std::uint64_t submitted_ = 0;
    std::uint64_t delivered_ = 0;
    std::size_t in_flight_ = 0;
    bool delivering_ = false;
    bool stopped_ = false;
    std::exception_ptr failure_;
    std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace framepipe
