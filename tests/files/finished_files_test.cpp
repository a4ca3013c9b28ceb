// Files that are written, renamed, linked and thrown away under the eyes of who watches them.
#include "files/finished_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catch.hpp"

using namespace framepipe;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() {
        std::string name = (fs::temp_directory_path() / "files_test.XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
    void write(const std::string& name, const std::string& contents = "x") const { std::ofstream(path / name) << contents; }
    fs::path path;
};

FinishedFiles::Folder pictures(const fs::path& folder) {
    return {folder.string(), [](std::string_view name) { return name.ends_with(".png"); }};
}

/// The names of the files that are finished next; empty: none is, within a time that is enough for two looks.
std::vector<std::string> next(FinishedFiles& files, SteadyClock::duration patience = 60s) {
    std::vector<std::string> names;
    for (const auto& one : files.wait(SteadyClock::now() + patience)) names.push_back(one.name);
    return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a file is finished when it is closed or renamed into place, not before", "[files]") {
    const Folder folder;
    folder.write("before.png");
    FinishedFiles files({pictures(folder.path)});
    {
        std::ofstream half(folder.path / "a.png");
        half << "half" << std::flush;
        CHECK(next(files, 0s).empty());
        folder.write("notes.txt");
        CHECK(next(files, 0s).empty());
    }
    CHECK(next(files) == Names{"a.png"});
    folder.write("b.tmp");
    CHECK(next(files, 0s).empty());
    fs::rename(folder.path / "b.tmp", folder.path / "b.png");
    CHECK(next(files) == Names{"b.png"});
    fs::create_hard_link(folder.path / "b.png", folder.path / "c.png");
    CHECK(next(files) == Names{"c.png"});
    fs::create_symlink("b.png", folder.path / "d.png");
    CHECK(next(files) == Names{"d.png"});
    fs::create_directory(folder.path / "e.png");
    fs::remove(folder.path / "a.png");
    CHECK(next(files, 0s).empty());
    folder.write("before.png");
    CHECK(next(files) == Names{"before.png"});
}

TEST_CASE("where it can only look, a file is finished when it stays the same", "[files]") {
    const Folder folder;
    folder.write("before.png");
    FinishedFiles files({pictures(folder.path)}, FinishedFiles::How::looking);
    folder.write("b.png");
    folder.write("a.png");
    folder.write("notes.txt");
    Names names;
    while (names.size() < 2)
        for (const auto& name : next(files)) names.push_back(name);
    CHECK(names == Names{"a.png", "b.png"});
    folder.write("before.png", "other");
    CHECK(next(files) == Names{"before.png"});
    fs::remove(folder.path / "before.png");
    folder.write("before.png", "other");
    CHECK(next(files) == Names{"before.png"});
    CHECK(next(files, 0s).empty());
}

TEST_CASE("a folder that is not there is waited for, and again when it goes", "[files]") {
    const Folder folder;
    for (const auto how : {FinishedFiles::How::best, FinishedFiles::How::looking}) {
        FinishedFiles files({pictures(folder.path / "out")}, how);
        CHECK(next(files, 0s).empty());
        fs::create_directory(folder.path / "out");
        folder.write("out/a.png");
        CHECK(next(files) == Names{"a.png"});
        fs::remove_all(folder.path / "out");
        while (!next(files, 0s).empty()) {
        }
        fs::create_directory(folder.path / "out");
        folder.write("out/b.png");
        CHECK(next(files).back() == "b.png");
        fs::remove_all(folder.path / "out");
    }
}

TEST_CASE("of several folders each file's own is told", "[files]") {
    const Folder one, two;
    FinishedFiles files({pictures(one.path), pictures(two.path), pictures(one.path)});
    two.write("a.png");
    CHECK(files.wait(SteadyClock::now() + 60s) == std::vector<FinishedFiles::Finished>{{1, "a.png"}});
    one.write("a.png");
    CHECK(files.wait(SteadyClock::now() + 60s) == std::vector<FinishedFiles::Finished>{{0, "a.png"}, {2, "a.png"}});
}

TEST_CASE("more events than the kernel keeps lose no file", "[files]") {
    const Folder folder;
    FinishedFiles files({pictures(folder.path)});
    std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
    int most = 16384;
    limit >> most;
    if (most > 100'000) return;  // it would take too long
    folder.write("a.png");
    for (int i = 0; i < most; ++i) folder.write(i % 2 ? "b.png" : "notes.txt");
    folder.write("last.png");
    Names names;
    while (names.empty() || names.back() != "last.png")
        for (const auto& name : next(files)) names.push_back(name);
    CHECK(std::count(names.begin(), names.end(), "a.png") >= 1);
}
