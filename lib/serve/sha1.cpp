#include "serve/sha1.hpp"

#include <bit>
#include <cstdint>
#include <string>

namespace framepipe::serve {

std::array<std::byte, 20> sha1(std::string_view text) {
    std::string padded(text);
    padded += '\x80';
    while (padded.size() % 64 != 56) padded += '\0';
    for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(std::uint64_t{text.size()} * 8 >> shift);

    std::array<std::uint32_t, 5> state{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    for (std::size_t block = 0; block < padded.size(); block += 64) {
        std::array<std::uint32_t, 80> w{};
        for (std::size_t i = 0; i < 64; ++i) w[i / 4] = w[i / 4] << 8 | static_cast<std::uint8_t>(padded[block + i]);
        for (std::size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        auto [a, b, c, d, e] = state;
        for (std::size_t i = 0; i < 80; ++i) {
            std::uint32_t mix, constant;
            if (i < 20) {
                mix = (b & c) | (~b & d);
                constant = 0x5A827999;
            } else if (i < 40) {
                mix = b ^ c ^ d;
                constant = 0x6ED9EBA1;
            } else if (i < 60) {
                mix = (b & c) | (b & d) | (c & d);
                constant = 0x8F1BBCDC;
            } else {
                mix = b ^ c ^ d;
                constant = 0xCA62C1D6;
            }
            const std::uint32_t next = std::rotl(a, 5) + mix + e + constant + w[i];
            e = d;
            d = c;
            c = std::rotl(b, 30);
            b = a;
            a = next;
        }
        state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e};
    }
    std::array<std::byte, 20> digest{};
    for (std::size_t i = 0; i < 20; ++i) digest[i] = static_cast<std::byte>(state[i / 4] >> (24 - 8 * (i % 4)));
    return digest;
}

}  // namespace framepipe::serve
