#include "process/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <thread>

#include "frame/clock.hpp"
#include "frame/error.hpp"

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace framepipe {
namespace {

using namespace std::chrono_literals;

struct Ends {
    Descriptor read;
    Descriptor write;
};

Ends make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw SystemError("cannot make a pipe", errno);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// The attributes and actions of posix_spawn, which must be destroyed.
struct Spawn {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    Spawn() {
        ::posix_spawnattr_init(&attributes);
        ::posix_spawn_file_actions_init(&actions);
    }
    ~Spawn() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }
    Spawn(const Spawn&) = delete;
    Spawn& operator=(const Spawn&) = delete;
};

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status)) {
        const char* name = ::sigabbrev_np(WTERMSIG(status));
        return "killed by " + (name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(WTERMSIG(status)));
    }
    const int code = WEXITSTATUS(status);
    return code == 0 ? std::string() : "exit code " + std::to_string(code);
}

/// Our own environment with these variables in it.
std::vector<std::string> environment_with(const std::vector<Child::Variable>& variables) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view own(*entry);
        const bool replaced = std::any_of(variables.begin(), variables.end(), [&](const auto& variable) {
            return own.size() > variable.first.size() && own.starts_with(variable.first) && own[variable.first.size()] == '=';
        });
        if (!replaced) all.emplace_back(own);
    }
    for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
    return all;
}

}  // namespace

Child::Child(const std::string& command, const std::vector<Variable>& environment, ChildPipes pipes) {
    Ends in = pipes.input ? make_pipe() : Ends{};
    Ends out = make_pipe();
    Ends errors = pipes.errors ? make_pipe() : Ends{};
    Spawn spawn;
    sigset_t defaults;
    sigset_t none;
    ::sigfillset(&defaults);
    ::sigemptyset(&none);
    ::posix_spawnattr_setflags(&spawn.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    ::posix_spawnattr_setpgroup(&spawn.attributes, 0);
    ::posix_spawnattr_setsigdefault(&spawn.attributes, &defaults);
    ::posix_spawnattr_setsigmask(&spawn.attributes, &none);
    if (pipes.input)
        ::posix_spawn_file_actions_adddup2(&spawn.actions, in.read.get(), STDIN_FILENO);
    else
        ::posix_spawn_file_actions_addopen(&spawn.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&spawn.actions, out.write.get(), STDOUT_FILENO);
    if (pipes.errors) ::posix_spawn_file_actions_adddup2(&spawn.actions, errors.write.get(), STDERR_FILENO);
    std::string shell = "sh";
    std::string option = "-c";
    std::string text = command;
    char* arguments[] = {shell.data(), option.data(), text.data(), nullptr};
    std::vector<std::string> variables = environment_with(environment);
    std::vector<char*> pointers;
    for (std::string& variable : variables) pointers.push_back(variable.data());
    pointers.push_back(nullptr);
    const int failed = ::posix_spawn(&pid_, "/bin/sh", &spawn.actions, &spawn.attributes, arguments, pointers.data());
    if (failed != 0) throw SystemError("cannot start '" + command + "'", failed);
    input_ = std::move(in.write);
    output_ = std::move(out.read);
    errors_ = std::move(errors.read);
    ended_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

Child::~Child() {
    end(0ms, 500ms);
}

void Child::signal_group(int signal) const {
    ::kill(-pid_, signal);
}

void Child::terminate() const {
    if (!reaped_) signal_group(SIGTERM);
}

void Child::interrupt() const {
    if (!reaped_) signal_group(SIGKILL);
}

bool Child::wait(std::chrono::milliseconds time) {
    const auto until = SteadyClock::now() + time;
    for (auto nap = 1ms;; nap = std::min(nap * 2, 20ms)) {
        if (!reaped_ && ::waitpid(pid_, &status_, WNOHANG) == pid_) reaped_ = true;
        if (reaped_ || SteadyClock::now() >= until) return reaped_;
        std::this_thread::sleep_for(nap);
    }
}

std::string Child::end(std::chrono::milliseconds after_close, std::chrono::milliseconds after_term) {
    close_input();
    if (!wait(after_close)) {
        signal_group(SIGTERM);
        if (!wait(after_term)) {
            signal_group(SIGKILL);
            wait(1h);
        }
    }
    // Programs of the pipeline that outlive their shell.
    signal_group(SIGKILL);
    return how_it_ended(status_);
}

}  // namespace framepipe
