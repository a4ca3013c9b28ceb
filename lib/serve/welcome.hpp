// What the server says of itself at the start.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "serve/listening.hpp"

namespace framepipe::serve {

/// The lines that tell where to look: the whole address, who can reach it, and what to type for others.
/// tls  whether it is spoken; on Unix sockets it is not
std::vector<std::string> welcome(const Place& place, bool has_token, bool tls);

/// A warning if others than this machine can watch, or push frames, without a token; nullopt: all is well.
std::optional<std::string> exposure_warning(const std::vector<Place>& places, bool has_token, bool anybody_publishes);

}  // namespace framepipe::serve
