#include "volume/apart.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "frame/error.hpp"

namespace framepipe {
namespace {

enum class Progress : std::uint8_t { waiting, begun, done, failed };

/// One call as both sides see it.
struct Call {
    Progress progress;
    std::array<char, 255> words;
};

/// Calls number `first`, `first + step` and so on: one process's share.
struct Share {
    std::size_t next;
    std::size_t step;
};

void fail(Call& call, std::string_view words) {
    const auto length = std::min(words.size(), call.words.size() - 1);
    std::memcpy(call.words.data(), words.data(), length);
    call.words[length] = '\0';
    call.progress = Progress::failed;
}

/// What a forked process does. No destructor of the program's runs in it.
[[noreturn]] void work_through(Share share, std::span<Call> calls, const std::function<void(std::size_t)>& work) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::signal(signal, SIG_DFL);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (const int nowhere = ::open("/dev/null", O_WRONLY); nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
    for (std::size_t i = share.next; i < calls.size(); i += share.step) {
        calls[i].progress = Progress::begun;
        try {
            work(i);
            calls[i].progress = Progress::done;
        } catch (const Error& error) {
            fail(calls[i], error.what());
        } catch (...) {  // nothing may leave this process by another way than _exit()
            fail(calls[i], "it is broken");
        }
    }
    ::_exit(0);
}

class Worker {
public:
    Worker(Share share, std::span<Call> calls, const std::function<void(std::size_t)>& work) : share_(share) {
        pid_ = ::fork();
        if (pid_ == 0) work_through(share, calls, work);
        if (pid_ < 0) throw SystemError("cannot start a process", errno);
    }
    ~Worker() {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
        wait();
    }
    Worker(Worker&& other) noexcept : share_(other.share_), pid_(std::exchange(other.pid_, -1)) {}
    Worker& operator=(Worker&&) = delete;

    /// Until it ends.
    void wait() {
        if (pid_ <= 0) return;
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
    }
    /// After wait(): what it left undone; the call in which it ended is marked as failed.
    Share rest(std::span<Call> calls) const {
        Share share = share_;
        while (share.next < calls.size() &&
               (calls[share.next].progress == Progress::done || calls[share.next].progress == Progress::failed))
            share.next += share.step;
        if (share.next < calls.size()) {
            fail(calls[share.next], "it is broken, so that its library gave up");
            share.next += share.step;
        }
        return share;
    }

private:
    Share share_;
    ::pid_t pid_ = -1;
};

}  // namespace

SharedMemory::SharedMemory(std::size_t size) {
    if (size == 0) return;
    void* const start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) throw Error(fmt::format("there is no memory for {} bytes", size));
    owner_ = std::shared_ptr<void>(start, [size](void* memory) { ::munmap(memory, size); });
    span_ = {static_cast<std::byte*>(start), size};
}

std::vector<std::string> run_apart(std::size_t count, const std::function<void(std::size_t)>& work) {
    const SharedMemory shared(count * sizeof(Call));
    const std::span<Call> calls(reinterpret_cast<Call*>(shared.span().data()), count);
    const std::size_t at_once = std::min<std::size_t>(count, std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
    std::vector<Worker> workers;
    for (std::size_t i = 0; i < at_once; ++i) workers.emplace_back(Share{i, at_once}, calls, work);
    for (Worker& worker : workers) {
        worker.wait();
        for (Share rest = worker.rest(calls); rest.next < count;) {
            Worker again(rest, calls, work);
            again.wait();
            rest = again.rest(calls);
        }
    }
    std::vector<std::string> failures;
    for (const Call& call : calls) failures.emplace_back(call.progress == Progress::failed ? call.words.data() : "");
    return failures;
}

}  // namespace framepipe
