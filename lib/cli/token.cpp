#include "cli/token.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "frame/error.hpp"

namespace framepipe {
namespace {

/// what   "token"
/// blank  what does not belong to it at the end of its line
std::string read_secret(const std::string& file, const std::string& what, const char* variable, const char* blank) {
    if (file.empty()) {
        const char* value = std::getenv(variable);
        return value ? value : "";
    }
    std::ifstream in(file);
    if (!in) throw SystemError("cannot read the " + what + " in " + file, errno);
    std::string secret;
    std::getline(in, secret);
    secret.erase(secret.find_last_not_of(blank) + 1);
    if (secret.empty()) throw Error("cannot read the " + what + " in " + file + ": its first line is empty");
    return secret;
}

}  // namespace

std::string read_token(const std::string& file) {
    return read_secret(file, "token", "FRAMEPIPE_TOKEN", "\r ");
}

std::string read_password(const std::string& file) {
    return read_secret(file, "password", "FRAMEPIPE_PASSWORD", "\r");
}

}  // namespace framepipe
