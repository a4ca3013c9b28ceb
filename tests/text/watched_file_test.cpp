#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "catch.hpp"
#include "frame/error.hpp"
#include "text/watched_file.hpp"

using namespace framepipe;

namespace {

struct Folder {
    Folder() {
        char name[] = "/tmp/framepipe-watched-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }
    std::string file(const std::string& name) const { return (path / name).string(); }
    std::filesystem::path path;
};

/// The next contents, waited for with a deadline.
std::string next(WatchedFile& file) {
    const auto deadline = SteadyClock::now() + std::chrono::seconds(10);
    while (SteadyClock::now() < deadline) {
        if (auto contents = file.changed()) return *contents;
        std::this_thread::yield();
    }
    return "(nothing changed)";
}

}  // namespace

TEST_CASE("a file is read at once, and again when it is written or replaced", "[text]") {
    const Folder folder;
    folder.write("a", "one");
    WatchedFile file(folder.file("a"), 100);
    REQUIRE(file.changed() == "one");
    CHECK_FALSE(file.changed().has_value());
    folder.write("a", "two");  // the same size, maybe within the same tick of the file system's clock
    CHECK(next(file) == "two");
    folder.write("b", "three");
    std::filesystem::rename(folder.file("b"), folder.file("a"));
    CHECK(next(file) == "three");
}

TEST_CASE("while a file is away its text stays", "[text]") {
    const Folder folder;
    folder.write("a", "one");
    WatchedFile file(folder.file("a"), 100);
    REQUIRE(file.changed() == "one");
    std::filesystem::remove(folder.file("a"));
    std::thread writer([&] { folder.write("a", "back"); });
    CHECK(next(file) == "back");
    writer.join();
}

TEST_CASE("a file that cannot be read, or is too large, is said", "[text]") {
    const Folder folder;
    WatchedFile none(folder.file("none"), 100);
    CHECK_THROWS_WITH(none.changed(), ContainsSubstring("cannot read ") && ContainsSubstring("no such file or directory"));
    folder.write("large", std::string(101, 'x'));
    WatchedFile large(folder.file("large"), 100);
    CHECK_THROWS_WITH(large.changed(), ContainsSubstring("is over the limit of 100 bytes (--max-text)"));
    WatchedFile directory(folder.path.string(), 100);
    CHECK_THROWS_WITH(directory.changed(), ContainsSubstring("is a directory"));
}
