// SHA-1 (FIPS 180-4), which the WebSocket handshake asks for. Not for secrets.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace framepipe::serve {

std::array<std::byte, 20> sha1(std::string_view text);

}  // namespace framepipe::serve
