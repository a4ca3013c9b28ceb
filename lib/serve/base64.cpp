#include "serve/base64.hpp"

#include <cstdint>

namespace framepipe::serve {

void append_base64(std::string& text, std::span<const std::byte> bytes) {
    static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
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

}  // namespace framepipe::serve
