#include "process/kept_command.hpp"

#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace framepipe;
using namespace std::chrono_literals;

namespace {

/// Notes what becomes of a command, for the test to wait for.
class Notes final : public KeptCommand::Listener {
public:
    void on_start() override {
        note([&] { ++starts; });
    }
    void on_frame(Frame frame) override {
        note([&] { texts.emplace_back(frame.payload.text()); });
    }
    void on_line(const std::string& line) override {
        note([&] { lines.push_back(line); });
    }
    void on_rest(bool ran) override {
        note([&] { rests.push_back(ran); });
    }
    void on_end(const RunEnd& end) override {
        note([&] { ends.push_back(end); });
    }

    /// Waits until it is so; false: in vain.
    bool until(const std::function<bool()>& so) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, so);
    }

    int starts = 0;
    std::vector<std::string> texts;
    std::vector<std::string> lines;
    std::vector<bool> rests;
    std::vector<RunEnd> ends;

private:
    template <typename Change>
    void note(Change change) {
        const std::lock_guard lock(mutex_);
        change();
        changed_.notify_all();
    }
    std::mutex mutex_;
    std::condition_variable changed_;
};

KeptCommandOptions quick(std::string command) {
    KeptCommandOptions options;
    options.command = std::move(command);
    options.idle_close = 20ms;
    options.first_pause = 10ms;
    options.longest_pause = 40ms;
    return options;
}

bool is_running(pid_t pid) {
    char state = 0;
    if (FILE* file = std::fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r")) {
        if (std::fscanf(file, "%*d %*s %c", &state) != 1) state = 0;
        std::fclose(file);
    }
    return state != 0 && state != 'Z';  // who reaps it is not for us to say
}

/// Waits for its end; false: in vain.
bool ends(pid_t pid) {
    for (int i = 0; i < 2000 && is_running(pid); ++i) std::this_thread::sleep_for(10ms);
    return !is_running(pid);
}

}  // namespace

TEST_CASE("nothing runs before it is wanted, then frames come", "[process]") {
    Notes notes;
    KeptCommand command(quick("echo one; echo two; exec sleep 1000"), notes);
    CHECK(notes.starts == 0);
    command.want(true);
    REQUIRE(notes.until([&] { return notes.texts.size() == 2; }));
    CHECK(notes.texts == std::vector<std::string>{"one", "two"});
    CHECK(notes.starts == 1);
}

TEST_CASE("its stdin is empty", "[process]") {
    Notes notes;
    KeptCommand command(quick("wc -c; exec sleep 1000"), notes);
    command.want(true);
    REQUIRE(notes.until([&] { return !notes.texts.empty(); }));
    CHECK(notes.texts.front() == "0");
}

TEST_CASE("however it ends it is started again, and how it ended is told", "[process]") {
    const auto [text, how, broken, words, failed] =
        GENERATE(std::tuple("echo x; exit 0", "", "", "", false), std::tuple("exit 0", "", "", "", true),
                 std::tuple("echo x; echo a >&2; echo b >&2; echo c >&2; echo d >&2; exit 3", "exit code 3", "", "b\nc\nd", true),
                 std::tuple("kill -SEGV $$", "killed by SIGSEGV", "", "", true),
                 std::tuple("no-such-command-here", "exit code 127", "", "sh: 1: no-such-command-here: not found", true),
                 std::tuple("echo x; exec >&-; exec sleep 1000", "", "it closed its output and went on", "", true),
                 std::tuple("printf 'FPF1\\377\\377\\377\\377xxxxxxxxxxxx'; exec sleep 1000", "",
                            "frame 0 on its output: header of 4294967295 bytes is outside the format's 2 to 65536", "", true));
    INFO(text);
    Notes notes;
    KeptCommand command(quick(text), notes);
    command.want(true);
    REQUIRE(notes.until([&] { return notes.ends.size() >= 2; }));
    command.stop();
    const RunEnd& end = notes.ends.front();
    CHECK(end.how == how);
    CHECK(end.broken == broken);
    CHECK(end.last_words == words);
    CHECK(end.failed() == failed);
}

TEST_CASE("wanted no longer it runs on for a while, and then ends with all its processes", "[process]") {
    Notes notes;
    KeptCommand command(quick("sleep 1000 & echo $!; exec cat /dev/zero | sleep 1000"), notes);
    command.want(true);
    REQUIRE(notes.until([&] { return !notes.texts.empty(); }));
    const pid_t helper = std::stoi(notes.texts.front());
    CHECK(is_running(helper));
    command.want(false);
    REQUIRE(notes.until([&] { return notes.rests == std::vector<bool>{true}; }));
    command.want(true);
    REQUIRE(notes.until([&] { return notes.starts == 2; }));
    CHECK(notes.ends.empty());  // it did not end by itself
    CHECK(ends(helper));
}

TEST_CASE("who comes back in time finds it running", "[process]") {
    Notes notes;
    KeptCommandOptions options = quick("echo one; exec sleep 1000");
    options.idle_close = 60s;
    KeptCommand command(options, notes);
    command.want(true);
    REQUIRE(notes.until([&] { return !notes.texts.empty(); }));
    command.want(false);
    command.want(true);
    command.dismiss();  // and this one does not wait
    REQUIRE(notes.until([&] { return !notes.rests.empty(); }));
    CHECK(notes.starts == 1);
}

TEST_CASE("one that ignores SIGTERM gets SIGKILL", "[process]") {
    Notes notes;
    KeptCommand command(quick("trap '' TERM; echo ready; while :; do sleep 1000; done"), notes);
    command.want(true);
    REQUIRE(notes.until([&] { return !notes.texts.empty(); }));
    command.want(false);
    REQUIRE(notes.until([&] { return !notes.rests.empty(); }));
    command.want(true);
    CHECK(notes.until([&] { return notes.starts == 2; }));
}

TEST_CASE("when its shell dies the rest of it goes, and it is started again", "[process]") {
    Notes notes;
    KeptCommand command(quick("echo $$; sleep 1000; :"), notes);
    command.want(true);
    REQUIRE(notes.until([&] { return !notes.texts.empty(); }));
    ::kill(std::stoi(notes.texts.front()), SIGKILL);
    REQUIRE(notes.until([&] { return notes.texts.size() == 2; }));
    CHECK(notes.ends.front().how == "killed by SIGKILL");
    CHECK(notes.ends.front().broken.empty());
}

TEST_CASE("a process that got out of the group is left behind, with the pipe that it holds", "[process]") {
    Notes notes;
    pid_t away = 0;
    {
        KeptCommand command(quick("setsid sh -c 'echo $$; exec sleep 1000' & wait"), notes);
        command.want(true);
        REQUIRE(notes.until([&] { return !notes.texts.empty(); }));
        away = std::stoi(notes.texts.front());
    }
    CHECK(is_running(away));
    ::kill(away, SIGKILL);
}

TEST_CASE("after the last who wanted it no pause is longer than the first", "[process]") {
    Notes notes;
    KeptCommandOptions options = quick("exit 1");
    options.first_pause = 1ms;
    options.longest_pause = 1h;
    KeptCommand command(options, notes);
    command.want(true);
    REQUIRE(notes.until([&] { return notes.ends.size() == 10; }));  // about half a second for the next
    command.want(false);
    REQUIRE(notes.until([&] { return notes.rests == std::vector<bool>{false}; }));
    command.want(true);
    REQUIRE(notes.until([&] { return notes.ends.size() == 11; }));
    CHECK(notes.ends.back().pause < 100ms);
}

TEST_CASE("a flood of words is read to its end, and the last are kept", "[process]") {
    Notes notes;
    KeptCommand command(quick("yes flood | head -n 50000 >&2; echo the end >&2; exit 1"), notes);
    command.want(true);
    REQUIRE(notes.until([&] { return !notes.ends.empty(); }));
    CHECK(notes.ends.front().last_words == "flood\nflood\nthe end");
}
