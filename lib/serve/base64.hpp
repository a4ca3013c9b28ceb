// Base64 (RFC 4648) with padding.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace framepipe::serve {

/// Appends `bytes` in base64 to `text`.
void append_base64(std::string& text, std::span<const std::byte> bytes);

}  // namespace framepipe::serve
