// Base64 (RFC 4648) with padding.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace framepipe::serve {

/// Appends `bytes` in base64 to `text`.
void append_base64(std::string& text, std::span<const std::byte> bytes);

/// The bytes that `text` stands for; nullopt: it is no base64. Its padding may be missing.
std::optional<std::vector<std::byte>> decode_base64(std::string_view text);

}  // namespace framepipe::serve
