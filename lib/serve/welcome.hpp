// What the server says of itself at the start.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/units.hpp"

namespace framepipe::serve {

/// The lines that tell where to look: the whole address, who can reach it, and what to type for others.
std::vector<std::string> welcome(const ListenAddress& address, bool has_token);

/// A warning if others than this machine can watch without a token; nullopt: all is well.
std::optional<std::string> exposure_warning(const std::vector<ListenAddress>& addresses, bool has_token);

}  // namespace framepipe::serve
