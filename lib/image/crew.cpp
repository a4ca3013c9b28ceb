#include "image/crew.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace framepipe {
namespace {

/// How long the caller looks again and again whether the last parts are done. A part takes about as long; a thread that
/// sleeps takes longer to be woken than that.
constexpr auto kPatience = std::chrono::microseconds(50);

void relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    asm volatile("yield");
#endif
}

}  // namespace

struct Crew::Impl {
    explicit Impl(unsigned threads_beside) : helpers(threads_beside) {
        if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) CPU_ZERO(&allowed);
    }
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
    /// Keeps the helpers off the caller's core. A kernel whose few cores are busy half of the time does not look for an
    /// idle one when it wakes a thread: it puts the helper in the caller's place, and the caller waits. With the mutex held.
    void leave_core_to_caller();

    const unsigned helpers;
    cpu_set_t allowed;  // where helpers may be; empty: not known

    std::mutex mutex;                // guards what follows but `next`; the work and its count do not change while somebody is inside
    std::condition_variable called;  // there is work
    std::condition_variable left;    // a helper has left
    const std::function<void(std::size_t)>* work = nullptr;
    std::size_t count = 0;
    std::atomic<std::size_t> next{0};  // the part that is taken up next
    std::atomic<unsigned> inside{0};   // helpers that are with the work
    std::exception_ptr failure;
    bool ending = false;
    std::vector<std::thread> threads;
    int callers_core = -1;  // that the helpers are kept off; -1: none
};

void Crew::Impl::leave_core_to_caller() {
    const int core = ::sched_getcpu();
    if (core == callers_core || core < 0 || core >= CPU_SETSIZE || CPU_COUNT(&allowed) < 2) return;
    cpu_set_t others = allowed;
    CPU_CLR(core, &others);
    for (std::thread& thread : threads) ::pthread_setaffinity_np(thread.native_handle(), sizeof others, &others);
    callers_core = core;
}

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
        while (crew.threads.size() < crew.helpers) {
            crew.threads.emplace_back([&crew] { crew.help(); });
            crew.callers_core = -1;
        }
    } catch (const std::system_error&) {
        // As many threads as may be: fewer help, or nobody.
    }
    crew.leave_core_to_caller();
    crew.work = &work;
    crew.count = count;
    crew.next.store(0, std::memory_order_relaxed);
    lock.unlock();
    crew.called.notify_all();
    crew.take_part();
    for (const auto until = std::chrono::steady_clock::now() + kPatience; crew.inside != 0 && std::chrono::steady_clock::now() < until;)
        relax();
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
