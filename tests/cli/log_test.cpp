// Words on stderr.
#include "cli/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "catch.hpp"

using namespace framepipe;

namespace {

/// While it lives, what is said goes into a pipe.
class Stderr {
public:
    Stderr() : saved_(::dup(STDERR_FILENO)) {
        REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0);
        ::dup2(ends_[1], STDERR_FILENO);
    }
    ~Stderr() {
        ::dup2(saved_, STDERR_FILENO);
        for (const int fd : {saved_, ends_[0], ends_[1]}) ::close(fd);
    }
    Stderr(const Stderr&) = delete;
    Stderr& operator=(const Stderr&) = delete;

    std::string read() {
        std::string text(1 << 20, '\0');
        text.resize(static_cast<std::size_t>(::read(ends_[0], text.data(), text.size())));
        return text;
    }

private:
    int saved_;
    int ends_[2];
};

}  // namespace

TEST_CASE("a line is offered to a reader who reads, and lost for one who does not", "[cli]") {
    log::setup("test");
    Stderr into;
    CHECK(log::offer("words"));
    CHECK(into.read() == "test: words\n");
    const std::string line(1000, 'x');
    int taken = 0;
    while (taken < 10000 && log::offer(line)) ++taken;
    CHECK(taken > 0);
    CHECK(taken < 10000);
    CHECK_FALSE(log::offer("more"));
    into.read();
    CHECK(log::offer("again"));
    CHECK(into.read() == "test: again\n");
}

TEST_CASE("quiet nothing is said by the way, and nothing is lost by that", "[cli]") {
    log::setup("test", log::Level::quiet);
    Stderr into;
    CHECK(log::offer("words"));
    log::error("the end");
    CHECK(into.read() == "test: the end\n");
    log::set_level(log::Level::normal);
}

TEST_CASE("what is said stays one line, whatever a file name has in it", "[cli]") {
    CHECK(log::one_line("cannot open a b \xc3\xbc.png: no such file") == "cannot open a b \xc3\xbc.png: no such file");
    CHECK(log::one_line("no\nthere\r\x1b[2J\x7f\t") == "no\\nthere\\x0d\\x1b[2J\\x7f\\x09");
}
