#include "process/usage.hpp"

#include <fcntl.h>

#include <chrono>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "frame/clock.hpp"
#include "frame/descriptor.hpp"
#include "process/child.hpp"

using namespace framepipe;

namespace {

/// True once `question` is; false if it never is.
template <typename Question>
bool eventually(Question question) {
    const auto until = SteadyClock::now() + std::chrono::seconds(20);
    while (!question()) {
        if (SteadyClock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace

TEST_CASE("open descriptors and memory are those of this process", "[process]") {
    const ProcessUsage before = process_usage();
    CHECK(before.open_descriptors >= 3);
    CHECK(before.max_descriptors >= before.open_descriptors);
    CHECK(before.threads >= 1);
    CHECK(before.resident_bytes > 1 << 20);
    CHECK(before.virtual_bytes >= before.resident_bytes);
    const double now = static_cast<double>(now_us()) / 1e6;
    CHECK(before.start_time > now - 3600);
    CHECK(before.start_time < now + 1);

    std::vector<Descriptor> more;
    for (int i = 0; i < 5; ++i) more.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const std::vector<char> memory(64 << 20, 'x');
    const ProcessUsage after = process_usage();
    CHECK(after.open_descriptors == before.open_descriptors + 5);
    CHECK(after.resident_bytes > before.resident_bytes + memory.size() / 2);
    CHECK(after.cpu_seconds >= before.cpu_seconds);
}

TEST_CASE("the processes of a pipeline are counted while they live, and their time for ever", "[process]") {
    const ChildrenUsage none = children_usage();
    {
        Child child("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; cat | cat", {});
        CHECK(eventually([] { return children_usage().processes >= 3; }));
        CHECK(children_usage().cpu_seconds > none.cpu_seconds);
    }
    CHECK(eventually([] { return children_usage().processes == 0; }));
    CHECK(children_usage().cpu_seconds > none.cpu_seconds);
}

TEST_CASE("processes that end while they are counted disturb nobody", "[process]") {
    // Each is there for less than a millisecond.
    Child child("while :; do /bin/true; done & while :; do /bin/true; done", {});
    CHECK(eventually([] { return children_usage().processes >= 3; }));
    for (int i = 0; i < 3000; ++i) REQUIRE(children_usage().processes >= 1);
}
