// Names with numbers, and files that are whole or not there.
#include "codec/file_output.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "catch.hpp"
#include "frame/bytes.hpp"
#include "frame/error.hpp"

using namespace framepipe;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "file_output_test.XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { fs::remove_all(path); }
    std::string operator/(const char* name) const { return (path / name).string(); }
    std::set<std::string> names() const {
        std::set<std::string> all;
        for (const auto& entry : fs::directory_iterator(path)) all.insert(entry.path().filename());
        return all;
    }
};

std::string content(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a number stands where printf would put it", "[codec]") {
    CHECK(NumberedName("a%d.png")(7) == "a7.png");
    CHECK(NumberedName("a%05d.png")(123) == "a00123.png");
    CHECK(NumberedName("a%4d")(12) == "a  12");
    CHECK(NumberedName("100%%-%d%%")(3) == "100%-3%");
    CHECK(NumberedName("%03d")(12345) == "12345");
    CHECK_FALSE(NumberedName("a%%d.png").numbered());
    CHECK(NumberedName("a%%d.png")(1) == "a%d.png");
    for (const char* bad : {"%s", "a%", "%-5d", "%5", "%x", "%999999999999999999999d"}) {
        INFO(bad);
        CHECK_THROWS_WITH(NumberedName(bad), ContainsSubstring("only %d, %05d and %% may follow a percent sign"));
    }
    CHECK_THROWS_WITH(NumberedName("%d-%d"), ContainsSubstring("two places for the number"));
}

TEST_CASE("each picture is a file of its own, or replaces the one", "[codec]") {
    const Folder folder;
    FileOutput many(folder / "p%02d.bin", 9);
    CHECK(many.write(as_bytes("one")));
    CHECK(many.write(as_bytes("two")));
    FileOutput one(folder / "last.bin", 1);
    CHECK(one.write(as_bytes("a longer one")));
    CHECK(one.write(as_bytes("short")));
    CHECK(folder.names() == std::set<std::string>{"p09.bin", "p10.bin", "last.bin"});
    CHECK(content(folder / "p10.bin") == "two");
    CHECK(content(folder / "last.bin") == "short");
    CHECK(one.written() == 2);
}

TEST_CASE("the file behind a link is replaced, and the link stays", "[codec]") {
    const Folder folder;
    std::ofstream(folder / "real") << "old";
    fs::create_symlink("real", folder / "link");
    FileOutput output(folder / "link", 1);
    CHECK(output.write(as_bytes("new")));
    CHECK(fs::is_symlink(folder / "link"));
    CHECK(content(folder / "real") == "new");
}

TEST_CASE("a device is written to and not replaced", "[codec]") {
    FileOutput full("/dev/full", 1);
    CHECK_THROWS_WITH(full.write(as_bytes("x")), Equals("cannot write '/dev/full': no space left on device"));
    FileOutput null("/dev/null", 1);
    CHECK(null.write(as_bytes("x")));
    CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("what cannot be written is an error that names the file and leaves nothing", "[codec]") {
    const Folder folder;
    FileOutput nowhere(folder / "no/such/folder.png", 1);
    CHECK_THROWS_WITH(nowhere.write(as_bytes("x")), ContainsSubstring("no/such/folder.png': no such file or directory"));
    fs::create_directory(folder / "folder");
    FileOutput taken(folder / "folder", 1);
    CHECK_THROWS_WITH(taken.write(as_bytes("x")), ContainsSubstring("/folder': is a directory"));
    CHECK(folder.names() == std::set<std::string>{"folder"});
}

TEST_CASE("a temporary name that is taken is not the end", "[codec]") {
    const Folder folder;
    std::ofstream(folder.path / (".framepipe-" + std::to_string(::getpid()) + "-0.tmp")) << "of a process that was killed";
    FileOutput output(folder / "a", 1);
    CHECK(output.write(as_bytes("x")));
    CHECK(content(folder / "a") == "x");
}

TEST_CASE("nothing is written once the output is abandoned", "[codec]") {
    const Folder folder;
    FileOutput output(folder / "p%d", 1);
    CHECK(output.write(as_bytes("x")));
    output.abandon();
    CHECK_FALSE(output.write(as_bytes("y")));
    CHECK(folder.names() == std::set<std::string>{"p1"});
}
