// What the server says of itself at the start.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/listening.hpp"

namespace framepipe::serve {

/// The lines that tell where to look: the whole address, who can reach it, and what to type for others.
/// with  what viewers have to show; empty: nothing
/// tls   whether it is spoken; on Unix sockets it is not
std::vector<std::string> welcome(const Place& place, std::string_view with, bool tls);

/// A warning if others than this machine can watch, or push frames, without a token; nullopt: all is well.
std::optional<std::string> exposure_warning(const std::vector<Place>& places, bool has_token, bool anybody_publishes);

/// A warning if passwords are sent by others than this machine, and not by TLS.
std::optional<std::string> password_warning(const std::vector<Place>& places, bool tls);

}  // namespace framepipe::serve
