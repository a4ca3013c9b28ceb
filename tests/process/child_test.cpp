#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "catch.hpp"
#include "process/child.hpp"

using framepipe::Child;
using namespace std::chrono_literals;

namespace {

std::string read_all(int fd) {
    std::string out;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<std::size_t>(n));
    return out;
}

}  // namespace

TEST_CASE("a child reads what we write, and we read what it writes", "[process]") {
    Child child("tr a-z A-Z | cat");
    REQUIRE(::write(child.input(), "hello", 5) == 5);
    child.close_input();
    CHECK(read_all(child.output()) == "HELLO");
    CHECK(child.end(10s, 10s).empty());
}

TEST_CASE("a child's environment is ours, with what is given in its place", "[process]") {
    ::setenv("FRAMEPIPE_TEST_A", "old", 1);
    ::setenv("FRAMEPIPE_TEST_B", "kept", 1);
    Child child("echo $FRAMEPIPE_TEST_A $FRAMEPIPE_TEST_B $FRAMEPIPE_TEST_C", {{"FRAMEPIPE_TEST_A", "new"}, {"FRAMEPIPE_TEST_C", "more"}});
    CHECK(read_all(child.output()) == "new kept more\n");
}

TEST_CASE("how a child ended is said in words", "[process]") {
    CHECK(Child("exit 3").end(10s, 10s) == "exit code 3");
    CHECK(Child("no-such-command-here 2>/dev/null").end(10s, 10s) == "exit code 127");
    CHECK(Child("kill -ABRT $$").end(10s, 10s) == "killed by SIGABRT");
}

TEST_CASE("a child that ignores the end of its input gets TERM, and one that ignores TERM gets KILL", "[process]") {
    CHECK(Child("exec sleep 1000").end(10ms, 10s) == "killed by SIGTERM");
    Child stubborn("trap '' TERM; echo ready; while :; do sleep 1000; done");
    char ready[6];
    REQUIRE(::read(stubborn.output(), ready, 6) == 6);
    CHECK(stubborn.end(10ms, 50ms) == "killed by SIGKILL");
}

TEST_CASE("the whole pipeline goes with its shell", "[process]") {
    Child child("sleep 1000 | sleep 1000");
    child.end(0ms, 10s);
    CHECK(read_all(child.output()).empty());  // no program holds the pipe any more
}

TEST_CASE("a child has default signals and nothing blocked, whatever we have", "[process]") {
    std::signal(SIGPIPE, SIG_IGN);
    // The last seven digits: signals 1 to 28; those that the C library keeps for itself may be ignored.
    Child child("sed -nE 's/^Sig(Blk|Ign):.*(.{7})$/\\1 \\2/p' /proc/self/status");
    CHECK(read_all(child.output()) == "Blk 0000000\nIgn 0000000\n");
}
