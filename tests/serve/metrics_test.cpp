#include "serve/metrics.hpp"

#include "catch.hpp"
#include "serve/exposition.hpp"

using namespace framepipe::serve;
using namespace std::chrono_literals;

TEST_CASE("a duration falls into the first class whose end it does not pass", "[serve]") {
    Durations durations;
    durations.add(1ms);
    durations.add(1001us);
    durations.add(10s);
    durations.add(10001ms);
    CHECK(durations.in_class(0) == 1);
    CHECK(durations.in_class(1) == 1);
    CHECK(durations.in_class(Durations::kEnds.size() - 1) == 1);
    CHECK(durations.in_class(Durations::kEnds.size()) == 1);
    CHECK(durations.sum_us() == 1000 + 1001 + 10000000 + 10001000);
}

TEST_CASE("ages that no clock could have told change the sum by a day at most", "[serve]") {
    Durations durations;
    durations.add(std::chrono::duration<double>(-1e300));
    CHECK(durations.in_class(0) == 1);
    CHECK(durations.sum_us() == 0);
    durations.add(std::chrono::duration<double>(1e300));
    CHECK(durations.in_class(Durations::kEnds.size()) == 1);
    CHECK(durations.sum_us() == 86400000000);
}

TEST_CASE("the classes of a histogram are written with those below them", "[serve]") {
    Exposition page;
    const double ends[] = {0.5, 1};
    const std::uint64_t counts[] = {3, 0, 4};
    page.histogram("wait_seconds", "How long.", ends, counts, 9.25);
    CHECK(page.take() ==
          "# HELP wait_seconds How long.\n"
          "# TYPE wait_seconds histogram\n"
          "wait_seconds_bucket{le=\"0.5\"} 3\n"
          "wait_seconds_bucket{le=\"1\"} 3\n"
          "wait_seconds_bucket{le=\"+Inf\"} 7\n"
          "wait_seconds_sum 9.25\n"
          "wait_seconds_count 7\n");
}

TEST_CASE("a label's value is escaped", "[serve]") {
    CHECK(label("stream", "a\"b\\c\nd") == "stream=\"a\\\"b\\\\c\\nd\"");
}
