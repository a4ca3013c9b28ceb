#include "cli/token.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "frame/error.hpp"

namespace framepipe {

std::string read_token(const std::string& file) {
    std::string token;
    if (file.empty()) {
        const char* variable = std::getenv("FRAMEPIPE_TOKEN");
        return variable ? variable : "";
    }
    std::ifstream in(file);
    if (!in) throw SystemError("cannot read the token in " + file, errno);
    std::getline(in, token);
    while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
    if (token.empty()) throw Error("cannot read the token in " + file + ": its first line is empty");
    return token;
}

}  // namespace framepipe
