#include "cli/log.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

namespace framepipe::log {
namespace {

/// What a line may be held up without being lost.
constexpr std::chrono::milliseconds kMoment{20};

std::atomic<Level> current{Level::normal};

/// The logger of the process; one line a message, and nothing but the command's name in front.
spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_level(spdlog::level::trace);
        made->set_pattern("%v");
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return *instance;
}

std::mutex line_mutex;      // guards what the terminal shows
bool status_drawn = false;  // a line without an end

/// Without the lock if it cannot be had in `time`. A timed_mutex would do, but g++ 12's thread sanitizer does not
/// see it locked.
std::unique_lock<std::mutex> lock_in_time(std::mutex& mutex, std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    std::unique_lock lock(mutex, std::try_to_lock);
    while (!lock && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        lock = std::unique_lock(mutex, std::try_to_lock);
    }
    return lock;
}

/// Replaces the drawn line by `text`. Locked.
void replace_status(std::string_view text, bool drawn) {
    std::string bytes = status_drawn || drawn ? "\r" : "";
    bytes += text;
    if (status_drawn || drawn) bytes += "\x1b[K";
    std::fwrite(bytes.data(), 1, bytes.size(), stderr);
    status_drawn = drawn;
}

/// Locked.
void say_now(const std::string& line) {
    if (status_drawn) replace_status({}, false);
    logger().info(fmt::string_view(line));
}

void say(std::string_view words) {
    const std::string line = one_line(words);
    const std::lock_guard lock(line_mutex);
    say_now(line);
}

}  // namespace

std::string one_line(std::string_view words) {
    std::string line;
    line.reserve(words.size());
    for (const char c : words) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            line += "\\n";
        } else if (byte < 0x20 || byte == 0x7F) {
            line += fmt::format("\\x{:02x}", byte);
        } else {
            line += c;
        }
    }
    return line;
}

void setup(std::string command, Level level) {
    current = level;
    // The name goes through the pattern, in which % is special; no command has one.
    logger().set_pattern(command + ": %v");
}

void set_level(Level level) {
    current = level;
}
Level level() {
    return current;
}

void error(std::string_view words) {
    say(words);
}
void warn(std::string_view words) {
    if (current != Level::quiet) say(words);
}
void notice(std::string_view words) {
    if (current != Level::quiet) say(words);
}
void verbose(std::string_view words) {
    if (current == Level::verbose) say(words);
}

namespace {

/// Calls `say` if stderr takes a line now or in a moment.
template <typename Say>
bool say_if_taken(Say say) {
    static std::atomic<bool> unread{false};  // the line before this was not taken: nobody waits for the reader again
    const auto patience = unread ? std::chrono::milliseconds(0) : kMoment;
    // Whoever has the lock may be waiting for the reader.
    const std::unique_lock lock = lock_in_time(line_mutex, patience);
    if (!lock) return false;
    // A pipe that is writable has room for as much as a line.
    pollfd descriptor{STDERR_FILENO, POLLOUT, 0};
    unread = ::poll(&descriptor, 1, static_cast<int>(patience.count())) != 1 || !(descriptor.revents & POLLOUT);
    if (unread) return false;
    say();
    return true;
}

}  // namespace

bool offer(std::string_view words) {
    if (current == Level::quiet) return true;
    const std::string line = one_line(words);
    return say_if_taken([&] { say_now(line); });
}

bool pass_on(std::string_view words) {
    const std::string line = one_line(words) + "\n";
    return say_if_taken([&] {
        if (status_drawn) replace_status({}, false);
        std::fwrite(line.data(), 1, line.size(), stderr);
    });
}

void status(std::string_view words) {
    const std::lock_guard lock(line_mutex);
    replace_status(words, true);
}
void clear_status() {
    const std::lock_guard lock(line_mutex);
    if (status_drawn) replace_status({}, false);
}
void keep_status() {
    const std::lock_guard lock(line_mutex);
    if (status_drawn) std::fputc('\n', stderr);
    status_drawn = false;
}

bool warn_once(std::string_view key, std::string_view words) {
    static std::mutex mutex;  // guards said
    static std::set<std::string, std::less<>> said;
    {
        const std::lock_guard lock(mutex);
        if (!said.emplace(key).second) return false;
    }
    warn(words);
    return true;
}

}  // namespace framepipe::log
