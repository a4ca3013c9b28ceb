#include "process/line_splitter.hpp"

#include <vector>

#include "catch.hpp"

using framepipe::LineSplitter;

namespace {

std::vector<std::string> lines_of(const std::vector<std::string>& pieces) {
    std::vector<std::string> lines;
    LineSplitter splitter([&](const std::string& line) { lines.push_back(line); });
    for (const std::string& piece : pieces) splitter.put(piece);
    splitter.end();
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines are put together from pieces, and the last needs no newline", "[process]") {
    CHECK(lines_of({"one\ntw", "o", "\n\nthree"}) == Lines{"one", "two", "three"});
    CHECK(lines_of({}).empty());
}

TEST_CASE("progress that rewrites its line is lines", "[process]") {
    CHECK(lines_of({"frame 1\rframe 2\r\n"}) == Lines{"frame 1", "frame 2"});
}

TEST_CASE("a long line is cut, and its rest is not another line", "[process]") {
    const std::string kept(LineSplitter::kLongest, 'x');
    CHECK(lines_of({kept + "\n"}) == Lines{kept});
    CHECK(lines_of({kept + "y\nnext\n"}) == Lines{kept + "...", "next"});
    CHECK(lines_of({kept, kept, kept + "\nnext\n"}) == Lines{kept + "...", "next"});
    // Not in the middle of a letter.
    CHECK(lines_of({kept.substr(1) + "\xc3\xa4 and so on"}) == Lines{kept.substr(1) + "..."});
}

TEST_CASE("what a terminal would obey, and what is no UTF-8, does not get into the log", "[process]") {
    CHECK(lines_of({"\x1b[31mred\x07\tend\n"}) == Lines{" [31mred  end"});
    CHECK(lines_of({"bad \xff byte\n"}) == Lines{"bad \xef\xbf\xbd byte"});
}
