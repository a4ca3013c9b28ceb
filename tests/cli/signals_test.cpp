#include "cli/signals.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include "catch.hpp"

using namespace framepipe;

namespace {

/// The folder in /proc of our thread that waits for signals; nullopt: there is none.
std::optional<std::filesystem::path> waiting_thread() {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string name;
        std::getline(std::ifstream(task.path() / "comm"), name);
        if (name == "signals") return task.path();
    }
    return std::nullopt;
}

std::string status(const std::filesystem::path& task, const std::string& key) {
    std::ifstream in(task / "status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(key + ':')) return line.substr(key.size() + 1);
    return {};
}

}  // namespace

TEST_CASE("where all signals are ignored nobody waits for one", "[cli]") {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
    {
        const StopSignals signals([](int) {}, true);
        CHECK(!waiting_thread());
    }
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
}

TEST_CASE("who waits for a signal sleeps until it comes", "[cli]") {
    std::promise<int> came;
    {
        const StopSignals signals([&](int signal) { came.set_value(signal); }, true);
        std::optional<std::filesystem::path> task;
        while (!(task = waiting_thread()) || status(*task, "State").find('S') == std::string::npos) std::this_thread::yield();
        const auto before = status(*task, "voluntary_ctxt_switches");
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        CHECK(status(*task, "voluntary_ctxt_switches") == before);
        ::kill(::getpid(), SIGTERM);
        CHECK(came.get_future().get() == SIGTERM);
    }
    CHECK(StopSignals::stopping());
}
