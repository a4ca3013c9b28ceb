#include <signal.h>

#include <condition_variable>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "folder.hpp"
#include "process/responder.hpp"

using namespace framepipe;
using namespace std::chrono_literals;

namespace {

/// Collects one asker's answers.
class Box {
public:
    Responder::Answer taker() {
        return [this](Frame frame, std::uint32_t note) {
            frame.header.set("note", std::int64_t{note});
            const std::lock_guard lock(mutex_);
            frames_.push_back(std::move(frame));
            changed_.notify_all();
        };
    }
    std::vector<Frame> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, 30s, [&] { return frames_.size() >= count; });
        return frames_;
    }
    /// The first one, which is the only one so far.
    Frame only() {
        const auto frames = wait_for(1);
        REQUIRE(frames.size() == 1);
        return frames[0];
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Frame> frames_;
};

/// What a responder said, on a thread where Catch cannot check it.
class Said {
public:
    std::function<void(const std::string&)> taker() {
        return [this](const std::string& words) {
            const std::lock_guard lock(mutex_);
            words_.push_back(words);
        };
    }
    std::vector<std::string> words() {
        const std::lock_guard lock(mutex_);
        return words_;
    }

private:
    std::mutex mutex_;
    std::vector<std::string> words_;
};

Frame text(const std::string& words) {
    return {Header("text/plain"), Bytes::copy_of(words)};
}

/// A process is gone, or a zombie.
bool has_ended(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    return !std::getline(file, line) || line[line.rfind(')') + 2] == 'Z';
}

/// A filter that knows nothing of `request`: it answers each frame with its payload, in a header of its own.
constexpr const char* kForeign = R"(python3 -u -c '
import sys, struct
i, o = sys.stdin.buffer, sys.stdout.buffer
while (p := i.read(16)):
    h, n = struct.unpack("<IQ", p[4:])
    i.read(h)
    b = i.read(n)
    t = b"{\"type\":\"text/plain\"}"
    if b == b"stop": sys.exit(3)
    if b == b"hang": continue
    o.write(b"FPF1" + struct.pack("<IQ", len(t), n) + t + b)
    o.flush()
')";

}  // namespace

TEST_CASE("a thousand requests of fifty askers: every answer to its own asker, in its order", "[process]") {
    for (const char* command : {"cat", kForeign}) {
        INFO(command);
        ResponderOptions options;
        options.command = command;
        options.max_waiting = 20;
        Responder responder(options);
        std::vector<Box> boxes(50);
        std::vector<std::unique_ptr<Responder::Asker>> askers;
        for (Box& box : boxes) askers.push_back(responder.open(box.taker()));
        for (int n = 0; n < 20; ++n)
            for (std::size_t a = 0; a < askers.size(); ++a) REQUIRE(askers[a]->ask(text(std::to_string(a) + ":" + std::to_string(n))));
        for (std::size_t a = 0; a < askers.size(); ++a) {
            const auto answers = boxes[a].wait_for(20);
            REQUIRE(answers.size() == 20);
            for (std::size_t n = 0; n < 20; ++n) {
                CHECK(answers[n].payload.text() == std::to_string(a) + ":" + std::to_string(n));
                CHECK_FALSE(answers[n].header.raw("request"));
            }
        }
        CHECK(responder.counts().answers == 1000);
        CHECK(responder.counts().strays == 0);
    }
}

TEST_CASE("requests that a pipe does not hold go in whole, whoever has them", "[process]") {
    ResponderOptions options;
    // Lets the pipe run full before it reads.
    options.command = "sleep 0.3; exec cat";
    options.max_waiting = 20;
    Responder responder(options);
    std::vector<Box> boxes(3);
    std::vector<std::unique_ptr<Responder::Asker>> askers;
    for (Box& box : boxes) askers.push_back(responder.open(box.taker()));
    const auto words = [](std::size_t asker, std::size_t n) {
        return std::to_string(asker) + ":" + std::to_string(n) + std::string(700'000 + n, static_cast<char>('a' + n % 26));
    };
    for (std::size_t n = 0; n < 8; ++n)
        for (std::size_t a = 0; a < askers.size(); ++a) REQUIRE(askers[a]->ask(text(words(a, n))));
    for (std::size_t a = 0; a < askers.size(); ++a) {
        const auto answers = boxes[a].wait_for(8);
        REQUIRE(answers.size() == 8);
        for (std::size_t n = 0; n < 8; ++n) CHECK((answers[n].payload.text() == words(a, n)));
    }
    CHECK(responder.counts().restarts == 0);
}

TEST_CASE("a pipeline that stops in the middle of a long request is started again", "[process]") {
    ResponderOptions options;
    options.command = "head -c 100000 > /dev/null";
    Responder responder(options);
    Box box;
    const auto asker = responder.open(box.taker());
    REQUIRE(asker->ask(text(std::string(8'000'000, 'x'))));
    const Frame answer = box.only();
    CHECK(answer.header.raw("error"));
}

TEST_CASE("the asker's own request key comes back", "[process]") {
    ResponderOptions options;
    options.command = "cat";
    Responder responder(options);
    Box box;
    const auto asker = responder.open(box.taker());
    Frame frame = text("x");
    frame.header.set("request", "my 7");
    REQUIRE(asker->ask(frame));
    REQUIRE(box.wait_for(1).size() == 1);
    CHECK(box.wait_for(1)[0].header.string("request") == "my 7");
}

TEST_CASE("the asker's note comes back with the answer, and with an error", "[process]") {
    ResponderOptions options;
    options.command = "cat";
    Responder responder(options);
    Box box;
    const auto asker = responder.open(box.taker());
    REQUIRE(asker->ask(text("x"), 5));
    REQUIRE(asker->refuse(text("y"), "no", 7));
    const auto answers = box.wait_for(2);
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].header.integer("note") == 5);
    CHECK(answers[1].header.integer("note") == 7);
}

TEST_CASE("a pipeline's description is no answer, whether it carries `request` or not", "[process]") {
    for (const char* filter : {"exec cat", kForeign}) {
        INFO(filter);
        ResponderOptions options;
        const std::string script = R"(test "$FRAMEPIPE_RESPOND" = 1 && python3 -c '
import sys, struct
h, p = b"{\"type\":\"application/json\",\"describes\":true}", b"{\"n\": 1}"
sys.stdout.buffer.write(b"FPF1" + struct.pack("<IQ", len(h), len(p)) + h + p)'; )";
        options.command = script + filter;
        Responder responder(options);
        Box box;
        const auto asker = responder.open(box.taker());
        REQUIRE(asker->ask(text("x")));
        const Frame answer = box.only();
        CHECK(answer.payload.text() == "x");
        REQUIRE(responder.description());
        CHECK(*responder.description() == R"({"n": 1})");
        CHECK(responder.counts().strays == 0);
    }
}

TEST_CASE("what is no description is said, and the pipeline goes on", "[process]") {
    for (const char* payload : {"{\\\"n\\\": ", "[1]", "\"\" * 70000"}) {
        INFO(payload);
        Said said;
        ResponderOptions options;
        options.say = said.taker();
        const std::string bytes = std::string_view(payload).ends_with("70000") ? "b\"1\" * 70000" : "b\"" + std::string(payload) + "\"";
        options.command = R"(python3 -c '
import sys, struct
h, p = b"{\"type\":\"application/json\",\"describes\":true}", )" +
                          bytes + R"(
sys.stdout.buffer.write(b"FPF1" + struct.pack("<IQ", len(h), len(p)) + h + p)'; exec cat)";
        Responder responder(options);
        Box box;
        const auto asker = responder.open(box.taker());
        REQUIRE(asker->ask(text("x")));
        REQUIRE(box.wait_for(1).size() == 1);
        CHECK_FALSE(responder.description());
        REQUIRE(said.words().size() == 1);
        CHECK_THAT(said.words()[0], ContainsSubstring("description"));
    }
}

TEST_CASE("a pipeline that dies is started again, and the lost request is answered by an error", "[process]") {
    ResponderOptions options;
    options.command = kForeign;
    Said said;
    options.say = said.taker();
    Responder responder(options);
    Box box;
    const auto asker = responder.open(box.taker());
    REQUIRE(asker->ask(text("stop")));
    REQUIRE(asker->ask(text("after")));
    const auto answers = box.wait_for(2);
    REQUIRE(answers.size() == 2);
    CHECK_THAT(*answers[0].header.string("error"), ContainsSubstring("lost") && ContainsSubstring("exit code 3"));
    CHECK(answers[1].payload.text() == "after");
    REQUIRE(said.words().size() == 1);
    CHECK_THAT(said.words()[0], ContainsSubstring("exit code 3") && ContainsSubstring("started again"));
    CHECK(responder.counts().restarts == 1);
}

TEST_CASE("a pipeline that ends gives its last line on stderr as the reason, until one answers", "[process]") {
    const framepipe_test::Folder folder;
    const std::string works = folder.path("works");
    Said said, lines;
    ResponderOptions options;
    options.command = "if test -e '" + works + "'; then exec cat; fi; echo one thing >&2; echo no such volume >&2; exit 4";
    options.say = said.taker();
    options.on_line = lines.taker();
    Responder responder(options);
    Box box;
    const auto asker = responder.open(box.taker());
    REQUIRE(asker->ask(text("x")));
    const Frame answer = box.only();
    const std::string why = "(exit code 4): no such volume";
    CHECK(answer.header.string("error") == "the request was lost: the pipeline stopped " + why);
    for (int i = 0; i < 3000 && responder.counts().restarts < 3; ++i) std::this_thread::sleep_for(10ms);
    CHECK(responder.trouble() == why);
    REQUIRE(said.words().size() == 1);
    CHECK(said.words()[0] == "'" + options.command + "' stopped " + why + "; it is started again");
    REQUIRE(lines.words().size() >= 2);
    CHECK(lines.words()[0] == "one thing");
    CHECK(lines.words()[1] == "no such volume");

    std::ofstream{works};
    for (std::size_t count = 2; count < 100; ++count) {
        REQUIRE(asker->ask(text("y")));
        const auto later = box.wait_for(count);
        REQUIRE(later.size() == count);
        if (!later.back().header.raw("error")) break;
    }
    CHECK(box.wait_for(1).back().payload.text() == "y");
    CHECK(responder.trouble().empty());
}

TEST_CASE("when the shell of a pipeline dies the rest of it goes, and it is started again", "[process]") {
    const framepipe_test::Folder folder;
    const auto number = [&](const std::string& name) {
        int pid = 0;
        std::ifstream(folder.path(name)) >> pid;
        return pid;
    };
    ResponderOptions options;
    // Each program of it writes its number down, as does the shell, which waits for them.
    options.command =
        "cd '" + folder.path() + "'; echo $$ > shell; sh -c 'echo $$ > first; exec cat' | sh -c 'echo $$ > last; exec cat'; :";
    Said said;
    options.say = said.taker();
    Responder responder(options);
    Box box;
    const auto asker = responder.open(box.taker());
    REQUIRE(asker->ask(text("before")));
    REQUIRE(box.wait_for(1).size() == 1);
    const int shell = number("shell"), first = number("first"), last = number("last");
    ::kill(shell, SIGKILL);
    const auto until = [](const std::function<bool()>& holds) {
        for (int i = 0; i < 3000 && !holds(); ++i) std::this_thread::sleep_for(10ms);
        return holds();
    };
    // The shell is ours to reap; the others are left to whoever takes orphans, perhaps nobody.
    CHECK(until([&] { return ::kill(shell, 0) != 0; }));
    for (const int pid : {first, last}) CHECK(until([&] { return has_ended(pid); }));
    REQUIRE(asker->ask(text("after")));
    REQUIRE(box.wait_for(2).size() == 2);
    CHECK(box.wait_for(2)[1].payload.text() == "after");
    REQUIRE(said.words().size() == 1);
    CHECK_THAT(said.words()[0], ContainsSubstring("killed by SIGKILL") && ContainsSubstring("started again"));
}

TEST_CASE("a request without an answer ends by its time limit, and a foreign pipeline is started afresh", "[process]") {
    ResponderOptions options;
    options.command = kForeign;
    options.time_limit = 1500ms;
    Responder responder(options);
    Box box;
    const auto asker = responder.open(box.taker());
    REQUIRE(asker->ask(text("first")));
    REQUIRE(box.wait_for(1).size() == 1);
    REQUIRE(asker->ask(text("hang")));
    REQUIRE(box.wait_for(2).size() == 2);
    CHECK_THAT(*box.wait_for(2)[1].header.string("error"), ContainsSubstring("no answer within 1.50 s"));
    REQUIRE(asker->ask(text("again")));
    REQUIRE(box.wait_for(3).size() == 3);
    CHECK(box.wait_for(3)[2].payload.text() == "again");
}

TEST_CASE("a command that cannot run answers every request with an error", "[process]") {
    ResponderOptions options;
    options.command = "exec no-such-command-here 2>/dev/null";
    options.time_limit = 300ms;
    Responder responder(options);
    Box box;
    const auto asker = responder.open(box.taker());
    REQUIRE(asker->ask(text("a")));
    REQUIRE(asker->ask(text("b")));
    for (const Frame& answer : box.wait_for(2)) CHECK(answer.header.string("error"));
    CHECK(box.wait_for(2).size() == 2);
}

TEST_CASE("more requests than may wait are answered by an error, in order", "[process]") {
    ResponderOptions options;
    options.command = "sleep 1000";
    options.max_waiting = 2;
    options.time_limit = 200ms;
    Responder responder(options);
    Box box;
    const auto asker = responder.open(box.taker());
    for (int i = 0; i < 10; ++i) REQUIRE(asker->ask(text("x")));
    const auto answers = box.wait_for(10);
    REQUIRE(answers.size() == 10);
    CHECK_THAT(*answers[0].header.string("error"), ContainsSubstring("no answer within"));
    CHECK_THAT(*answers[9].header.string("error"), ContainsSubstring("too many requests wait"));
}

TEST_CASE("the newest request takes the place of those that wait", "[process]") {
    ResponderOptions options;
    options.command = kForeign;
    options.newest_only = true;
    options.start_at_once = false;
    Responder responder(options);
    Box box;
    const auto asker = responder.open(box.taker());
    for (int i = 0; i < 200; ++i) REQUIRE(asker->ask(text(std::to_string(i))));
    std::size_t count = 1;
    while (box.wait_for(count).back().payload.text() != "199") ++count;
    const auto counts = responder.counts();
    CHECK(counts.dropped > 0);
    CHECK(counts.dropped + counts.answers == 200);
}

TEST_CASE("an asker that leaves is forgotten, and nobody gets its answers", "[process]") {
    ResponderOptions options;
    options.command = kForeign;
    Responder responder(options);
    Box left;
    Box stays;
    auto leaver = responder.open(left.taker());
    const auto stayer = responder.open(stays.taker());
    for (int i = 0; i < 8; ++i) REQUIRE(leaver->ask(text("gone")));
    REQUIRE(stayer->ask(text("here")));
    leaver.reset();
    const auto answers = stays.wait_for(1);
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].payload.text() == "here");
}
