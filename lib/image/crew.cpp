#include "image/crew.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace framepipe {

struct Crew::Impl {
    explicit Impl(unsigned threads_beside) : helpers(threads_beside) {}
    ~Impl() {
        {
            const std::lock_guard lock(mutex);
            ending = true;
        }
        called.notify_all();
        for (std::thread& thread : threads) thread.join();
    }

    void help();
    /// Takes up parts until none is left.
    void take_part();

    const unsigned helpers;

    std::mutex mutex;                // guards what follows but `next`; the work and its count do not change while somebody is inside
    std::condition_variable called;  // there is work
    std::condition_variable left;    // a helper has left
    const std::function<void(std::size_t)>* work = nullptr;
    std::size_t count = 0;
    std::atomic<std::size_t> next{0};  // the part that is taken up next
    unsigned inside = 0;               // helpers that are with the work
    std::exception_ptr failure;
    bool ending = false;
    std::vector<std::thread> threads;
};

void Crew::Impl::take_part() {
    try {
        for (std::size_t part; (part = next.fetch_add(1, std::memory_order_relaxed)) < count;) (*work)(part);
    } catch (...) {
        next.store(count, std::memory_order_relaxed);
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
    }
}

void Crew::Impl::help() {
    ::pthread_setname_np(::pthread_self(), "crew");
    std::unique_lock lock(mutex);
    for (;;) {
        called.wait(lock, [&] { return ending || (work != nullptr && next.load(std::memory_order_relaxed) < count); });
        if (ending) return;
        ++inside;
        lock.unlock();
        take_part();
        lock.lock();
        if (--inside == 0) left.notify_one();
    }
}

Crew::Crew(unsigned helpers) : impl_(std::make_unique<Impl>(helpers)) {}

Crew::~Crew() = default;

void Crew::each(std::size_t count, const std::function<void(std::size_t)>& work) {
    Impl& crew = *impl_;
    std::unique_lock lock(crew.mutex, std::defer_lock);
    if (count > 1 && crew.helpers > 0) lock.lock();
    if (!lock || crew.work != nullptr) {
        if (lock) lock.unlock();
        for (std::size_t part = 0; part < count; ++part) work(part);
        return;
    }
    try {
        while (crew.threads.size() < crew.helpers) crew.threads.emplace_back([&crew] { crew.help(); });
    } catch (const std::system_error&) {
        // As many threads as may be: fewer help, or nobody.
    }
    crew.work = &work;
    crew.count = count;
    crew.next.store(0, std::memory_order_relaxed);
    lock.unlock();
    crew.called.notify_all();
    crew.take_part();
    lock.lock();
    crew.left.wait(lock, [&] { return crew.inside == 0; });
    crew.work = nullptr;
    const std::exception_ptr failure = std::exchange(crew.failure, nullptr);
    lock.unlock();
    if (failure) std::rethrow_exception(failure);
}

unsigned spare_cores() {
    return std::clamp(std::thread::hardware_concurrency(), 1U, 4U) - 1;
}

}  // namespace framepipe
