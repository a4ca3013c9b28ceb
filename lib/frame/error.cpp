#include "frame/error.hpp"

#include <cctype>
#include <system_error>

namespace framepipe {

std::string system_reason(int error_number) {
    std::string text = std::system_category().message(error_number);
    // "No such file" becomes "no such file", but "RPC failed" stays.
    if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1]))) {
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    }
    return text;
}

SystemError::SystemError(const std::string& attempt, int error_number)
    : Error(attempt + ": " + system_reason(error_number)), error_number_(error_number) {}

}  // namespace framepipe
