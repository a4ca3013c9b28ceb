#include "net/kept_link.hpp"

#include <vector>

#include "catch.hpp"
#include "net/not_there.hpp"

using namespace framepipe;

namespace {

struct Link {
    explicit Link(bool wait = false)
        : kept(queue, "far",
               {[this](const std::string& words) { said.push_back(words); }, [this](const std::string& words) { said.push_back(words); }},
               wait, stop.get_token()) {}
    std::stop_source stop;
    FrameQueue queue{stop.get_token()};
    std::vector<std::string> said;
    KeptLink kept;
};

}  // namespace

TEST_CASE("a link that cannot be made at first, or never will be, ends it", "[net]") {
    Link link;
    CHECK_THROWS_WITH(link.kept.run([] { throw Error("nobody"); }), Equals("far: nobody"));
    CHECK_FALSE(link.queue.put({Header("image/jpeg"), {}}));
    Link other;
    CHECK_THROWS_WITH(other.kept.run([&] {
        other.kept.works();
        throw FinalError("no");
    }),
                      Equals("far: no"));
    CHECK(link.said.empty());
}

TEST_CASE("who is not there yet is waited for, until it refuses", "[net]") {
    Link link;
    int sessions = 0;
    link.kept.run([&] {
        if (++sessions < 3) throw NotThereError("nobody");
        link.kept.works();
    });
    CHECK(sessions == 3);
    CHECK(link.said == std::vector<std::string>{"far: nobody; it is tried again", "far takes frames"});
    Link other;
    sessions = 0;
    CHECK_THROWS_WITH(other.kept.run([&] {
        if (++sessions < 3) throw NotThereError("nobody");
        throw Error("no");
    }),
                      Equals("far: no"));
    CHECK(sessions == 3);
}

TEST_CASE("a reason that names the address has it once", "[net]") {
    Link link;
    CHECK_THROWS_WITH(link.kept.run([] { throw Error("far: the server answers no"); }), Equals("far: the server answers no"));
    Link ended;
    ended.queue.end();
    CHECK_THROWS_WITH(ended.kept.run([&] {
        ended.kept.works();
        throw Error("cannot connect to far");
    }),
                      Equals("the last frames did not get there: cannot connect to far"));
}

TEST_CASE("a link that breaks is said once, and once that it is there again", "[net]") {
    Link link;
    int sessions = 0;
    link.kept.run([&] {
        ++sessions;
        if (sessions != 2) link.kept.works();
        if (sessions < 4) throw Error("it broke");
    });
    CHECK(sessions == 4);
    CHECK(link.said == std::vector<std::string>{"far: it broke; it is tried again", "far takes frames again",
                                                "far: it broke; it is tried again", "far takes frames again"});
}

TEST_CASE("without the wish to wait the end is no time to try again", "[net]") {
    for (const bool wait : {false, true}) {
        Link link(wait);
        link.queue.end();
        int sessions = 0;
        const auto run = [&] {
            link.kept.run([&] {
                link.kept.works();
                if (++sessions == 1) throw Error("it broke");
            });
        };
        if (wait)
            run();
        else
            CHECK_THROWS_WITH(run(), Equals("far: the last frames did not get there: it broke"));
        CHECK(sessions == (wait ? 2 : 1));
        CHECK(link.said.size() == (wait ? 2 : 0));
    }
}
