#include "source/expand.hpp"

#include "catch.hpp"
#include "frame/error.hpp"
#include "source/fixtures.hpp"

using namespace framepipe;
using framepipe_test::Folder;

namespace {

/// The file names without the folder.
std::vector<std::string> names(const Folder& folder, const std::string& argument) {
    std::vector<std::string> result;
    for (const auto& file : expand_files(folder.path(argument))) result.push_back(file.substr(folder.path().size() + 1));
    return result;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a directory gives its pictures in natural order, and nothing else", "[source]") {
    const Folder folder;
    for (const auto* name : {"a10.png", "a2.PNG", "b.jpeg", "notes.txt", ".hidden.png", "sub/c.png", "png"}) folder.write(name);
    CHECK(names(folder, "") == Names{"a2.PNG", "a10.png", "b.jpeg"});
    CHECK_THROWS_WITH(expand_files(folder.path("sub/../sub") + "/../nothing"), ContainsSubstring("no such file"));
    std::filesystem::create_directory(folder.path("empty"));
    CHECK_THROWS_WITH(expand_files(folder.path("empty")), Equals("no pictures in the directory " + folder.path("empty")));
}

TEST_CASE("a glob gives all files that match in natural order", "[source]") {
    const Folder folder;
    for (const auto* name : {"a10.png", "a2.png", "a1.txt", "d1/x.png", "d2/x.png"}) folder.write(name);
    std::filesystem::create_directory(folder.path("a3.png"));
    CHECK(names(folder, "a*.png") == Names{"a2.png", "a10.png"});
    CHECK(names(folder, "a[12].*") == Names{"a1.txt", "a2.png"});
    CHECK(names(folder, "d?/x.png") == Names{"d1/x.png", "d2/x.png"});
    CHECK_THROWS_WITH(names(folder, "z*"), ContainsSubstring("no file matches"));
}

TEST_CASE("a printf pattern runs from its lowest number to the first gap", "[source]") {
    const Folder folder;
    for (const auto* name :
         {"a3.png", "a4.png", "a6.png", "a03.png", "p007.jpg", "p8.jpg", "p008.jpg", "100%1.png", "s1/f.png", "s2/f.png"})
        folder.write(name);
    CHECK(names(folder, "a%d.png") == Names{"a3.png", "a4.png"});
    CHECK(names(folder, "a%02d.png") == Names{"a03.png"});
    CHECK(names(folder, "p%03d.jpg") == Names{"p007.jpg", "p008.jpg"});
    CHECK(names(folder, "100%%%d.png") == Names{"100%1.png"});
    CHECK(names(folder, "s%d/f.png") == Names{"s1/f.png", "s2/f.png"});
    CHECK_THROWS_WITH(names(folder, "b%d.png"), ContainsSubstring("no file matches"));
    CHECK_THROWS_WITH(names(folder, "a%d%d.png"), ContainsSubstring("more than one number"));
    CHECK_THROWS_WITH(names(folder, "a%s.png"), ContainsSubstring("no such file"));
}

TEST_CASE("a file that has the very name of a pattern is meant itself", "[source]") {
    const Folder folder;
    for (const auto* name : {"a%d.png", "a1.png", "b*.png", "b1.png"}) folder.write(name);
    CHECK(names(folder, "a%d.png") == Names{"a%d.png"});
    CHECK(names(folder, "b*.png") == Names{"b*.png"});
}

TEST_CASE("a missing file is named with the reason", "[source]") {
    CHECK_THROWS_WITH(expand_files("/nowhere/a.png"), Equals("cannot open /nowhere/a.png: no such file or directory"));
    CHECK_THROWS_WITH(expand_files("/nowhere/%d.png"), ContainsSubstring("cannot open the directory /nowhere/"));
}
