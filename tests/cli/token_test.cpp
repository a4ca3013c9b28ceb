#include "cli/token.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "frame/error.hpp"

using namespace framepipe;

TEST_CASE("a token is the first line of its file, else the environment's", "[cli]") {
    ::unsetenv("FRAMEPIPE_TOKEN");
    CHECK(read_token("").empty());
    ::setenv("FRAMEPIPE_TOKEN", "secret", 1);
    CHECK(read_token("") == "secret");
    const auto file = std::filesystem::temp_directory_path() / ("token_test." + std::to_string(::getpid()));
    std::ofstream(file) << "abc \r\nmore\n";
    CHECK(read_token(file) == "abc");
    std::ofstream(file) << "\nabc\n";
    CHECK_THROWS_WITH(read_token(file), ContainsSubstring("its first line is empty"));
    std::filesystem::remove(file);
    CHECK_THROWS_WITH(read_token(file), ContainsSubstring("no such file"));
    ::unsetenv("FRAMEPIPE_TOKEN");
}

TEST_CASE("a password keeps its spaces", "[cli]") {
    ::setenv("FRAMEPIPE_PASSWORD", "of the environment", 1);
    CHECK(read_password("") == "of the environment");
    const auto file = std::filesystem::temp_directory_path() / ("password_test." + std::to_string(::getpid()));
    std::ofstream(file) << " abc \r\nmore\n";
    CHECK(read_password(file) == " abc ");
    std::filesystem::remove(file);
    CHECK_THROWS_WITH(read_password(file), ContainsSubstring("cannot read the password in"));
    ::unsetenv("FRAMEPIPE_PASSWORD");
}
