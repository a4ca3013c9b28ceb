#include "serve/base64.hpp"

#include <array>
#include <cstdint>

namespace framepipe::serve {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Has a bit that no digit's value has.
constexpr std::uint8_t kNoDigit = 0x80;

constexpr std::array<std::uint8_t, 256> values() {
    std::array<std::uint8_t, 256> table{};
    table.fill(kNoDigit);
    for (std::uint8_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(kDigits[i])] = i;
    return table;
}
constexpr auto kValues = values();

}  // namespace

void append_base64(std::string& text, std::span<const std::byte> bytes) {
    const std::size_t begin = text.size();
    text.resize(begin + (bytes.size() + 2) / 3 * 4, '=');
    char* out = text.data() + begin;
    const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const std::uint32_t bits = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
        *out++ = kDigits[bits >> 18];
        *out++ = kDigits[bits >> 12 & 63];
        *out++ = kDigits[bits >> 6 & 63];
        *out++ = kDigits[bits & 63];
    }
    if (i == bytes.size()) return;
    const bool two = i + 2 == bytes.size();
    const std::uint32_t bits = at(i) << 16 | (two ? at(i + 1) << 8 : 0U);
    out[0] = kDigits[bits >> 18];
    out[1] = kDigits[bits >> 12 & 63];
    if (two) out[2] = kDigits[bits >> 6 & 63];
}

std::optional<std::vector<std::byte>> decode_base64(std::string_view text) {
    for (int pads = 0; pads < 2 && text.ends_with('='); ++pads) text.remove_suffix(1);
    if (text.size() % 4 == 1) return std::nullopt;
    std::vector<std::byte> bytes(text.size() * 3 / 4);
    std::uint8_t seen = 0;
    const auto value = [&](std::size_t i) -> std::uint32_t {
        const std::uint8_t digit = kValues[static_cast<unsigned char>(text[i])];
        seen = static_cast<std::uint8_t>(seen | digit);
        return digit;
    };
    std::byte* out = bytes.data();
    std::size_t i = 0;
    for (; i + 4 <= text.size(); i += 4) {
        const std::uint32_t bits = value(i) << 18 | value(i + 1) << 12 | value(i + 2) << 6 | value(i + 3);
        *out++ = static_cast<std::byte>(bits >> 16);
        *out++ = static_cast<std::byte>(bits >> 8);
        *out++ = static_cast<std::byte>(bits);
    }
    if (i < text.size()) {
        const std::uint32_t bits = value(i) << 18 | value(i + 1) << 12 | (i + 2 < text.size() ? value(i + 2) << 6 : 0U);
        *out++ = static_cast<std::byte>(bits >> 16);
        if (i + 2 < text.size()) *out++ = static_cast<std::byte>(bits >> 8);
    }
    if (seen & kNoDigit) return std::nullopt;
    return bytes;
}

}  // namespace framepipe::serve
