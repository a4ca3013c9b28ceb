// What the server says of itself at the start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace framepipe::serve {

/// The lines that tell where to look: the whole address, who can reach it, and what to type for others.
/// host  as listen_on() takes it
std::vector<std::string> welcome(const std::string& host, std::uint16_t port, bool has_token);

/// A warning if others than this machine can watch without a token; nullopt: all is well.
std::optional<std::string> exposure_warning(const std::string& host, bool has_token);

}  // namespace framepipe::serve
