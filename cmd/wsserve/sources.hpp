// The words after --source.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "serve/command_source.hpp"

namespace framepipe {

/// What `--source NAME=CMD`, given so often, asks for; the other members of the options are to be filled in.
/// throws UsageError if one is none, a name comes twice, or there are more than `most`
std::vector<serve::CommandSourceOptions> parse_sources(const std::vector<std::string>& words, std::size_t most);

}  // namespace framepipe
