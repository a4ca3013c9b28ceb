// Words on stderr.
#include "cli/log.hpp"
#include "catch.hpp"

using namespace framepipe;

TEST_CASE("what is said stays one line, whatever a file name has in it", "[cli]") {
    CHECK(log::one_line("cannot open a b \xc3\xbc.png: no such file") == "cannot open a b \xc3\xbc.png: no such file");
    CHECK(log::one_line("no\nthere\r\x1b[2J\x7f\t") == "no\\nthere\\x0d\\x1b[2J\\x7f\\x09");
}
