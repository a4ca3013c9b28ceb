// Numbers in bytes, of either byte order, at any address.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

namespace framepipe {

inline constexpr bool kNativeBig = std::endian::native == std::endian::big;

/// The number at byte `at` of `bytes`, which must be that long.
template <typename T>
T load(std::span<const std::byte> bytes, std::size_t at, bool big_endian) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::byte raw[sizeof(T)];
    for (std::size_t i = 0; i < sizeof(T); ++i) raw[big_endian == kNativeBig ? i : sizeof(T) - 1 - i] = bytes[at + i];
    T value;
    std::memcpy(&value, raw, sizeof(T));
    return value;
}

}  // namespace framepipe
