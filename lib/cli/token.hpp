// Secrets, which come from a file or the environment and never from an argument, where everybody sees them.
#pragma once

#include <string>

namespace framepipe {

/// The first line of `file`; without a file what the variable FRAMEPIPE_TOKEN holds, empty if there is none.
/// throws Error if the file cannot be read or its first line is empty
std::string read_token(const std::string& file);

/// The same of a password, whose variable is FRAMEPIPE_PASSWORD.
std::string read_password(const std::string& file);

}  // namespace framepipe
