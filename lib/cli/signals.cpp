#include "cli/signals.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

namespace framepipe {
namespace {

using namespace std::chrono_literals;

constexpr int kStopSignals[] = {SIGINT, SIGTERM, SIGHUP};
/// A command told to stop is gone within a second, also from inside a library's blocking call.
constexpr auto kGrace = 900ms;

std::atomic<bool> stop_asked{false};

sigset_t stop_set() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : kStopSignals) {
        // Whoever started us with a signal ignored (nohup) means it.
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
        sigaddset(&set, signal);
    }
    return set;
}

/// A standard descriptor that was closed would be given to the next file or socket opened, and words for
/// stderr would end up inside it. What stands there instead can be neither read nor written.
void occupy_standard_descriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) < 0 && ::open("/", O_PATH) < 0) return;
    }
}

}  // namespace

void prepare_process() {
    occupy_standard_descriptors();
    std::signal(SIGPIPE, SIG_IGN);
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
}

struct StopSignals::Impl {
    std::function<void(int)> on_stop;
    bool live = false;
    std::function<void()> on_reload;
    sigset_t set{};
    std::thread thread;

    std::mutex mutex;  // guards over
    std::condition_variable changed;
    bool over = false;

    void watch() {
        ::pthread_setname_np(::pthread_self(), "signals");
        int signal = 0;
        do {
            if (signal == SIGHUP) on_reload();
            signal = ::sigwaitinfo(&set, nullptr);
            const std::lock_guard lock(mutex);
            if (over) return;
        } while (signal <= 0 || (signal == SIGHUP && on_reload));
        stop_asked = true;
        on_stop(signal);
        std::unique_lock lock(mutex);
        if (changed.wait_for(lock, kGrace, [&] { return over; })) return;
        if (live) ::_exit(0);
        die_of(signal);
    }
};

StopSignals::StopSignals(std::function<void(int)> on_stop, bool live, std::function<void()> on_reload) : impl_(std::make_unique<Impl>()) {
    impl_->on_stop = std::move(on_stop);
    impl_->live = live;
    impl_->on_reload = std::move(on_reload);
    impl_->set = stop_set();
    // Ignored or not (nohup): it stops nothing here.
    if (impl_->on_reload) sigaddset(&impl_->set, SIGHUP);
    // With all of them ignored there is nothing to wait for, and the destructor had none to end the wait with.
    if (sigisemptyset(&impl_->set) == 1) return;
    ::pthread_sigmask(SIG_BLOCK, &impl_->set, nullptr);
    impl_->thread = std::thread([this] { impl_->watch(); });
}

StopSignals::~StopSignals() {
    if (!impl_->thread.joinable()) return;
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->over = true;
    }
    impl_->changed.notify_all();
    // Ends the wait at once: the thread blocks the signal and takes it off itself.
    for (const int signal : kStopSignals) {
        if (sigismember(&impl_->set, signal) == 1) {
            ::pthread_kill(impl_->thread.native_handle(), signal);
            break;
        }
    }
    impl_->thread.join();
}

bool StopSignals::stopping() {
    return stop_asked;
}

void die_of(int signal) {
    std::signal(signal, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    ::raise(signal);
    ::_exit(128 + signal);
}

void restore_default_signals() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) std::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace framepipe
