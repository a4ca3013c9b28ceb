// The stored numbers of every voxel type and byte order, for code that is made once for each.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "volume/byte_order.hpp"
#include "volume/volume.hpp"

namespace framepipe {

/// A float of 16 bits. source: IEEE 754 binary16
struct Half {
    std::uint16_t bits = 0;
    explicit operator double() const {
        const int exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
        const double sign = bits & 0x8000 ? -1 : 1;
        if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
        return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25));
    }
};

template <std::size_t size>
using BitsOf =
    std::conditional_t<size == 1, std::uint8_t,
                       std::conditional_t<size == 2, std::uint16_t, std::conditional_t<size == 4, std::uint32_t, std::uint64_t>>>;

template <typename Bits>
Bits swapped_bytes(Bits bits) {
    if constexpr (sizeof(Bits) == 2) return __builtin_bswap16(bits);
    if constexpr (sizeof(Bits) == 4) return __builtin_bswap32(bits);
    if constexpr (sizeof(Bits) == 8) return __builtin_bswap64(bits);
    return bits;
}

/// The number at any address; swapped: it is of the other byte order than this machine's.
template <typename T, bool swapped>
T stored_number(const std::byte* at) {
    BitsOf<sizeof(T)> bits;
    std::memcpy(&bits, at, sizeof bits);
    if constexpr (swapped) bits = swapped_bytes(bits);
    return std::bit_cast<T>(bits);
}

/// Calls work.operator()<T, swapped>() with the type of the numbers.
template <typename Work>
decltype(auto) with_numbers(VoxelType type, bool big_endian, Work&& work) {
    const auto of = [&]<typename T>() -> decltype(auto) {
        return sizeof(T) > 1 && big_endian != kNativeBig ? work.template operator()<T, true>() : work.template operator()<T, false>();
    };
    switch (type) {
        case VoxelType::uint8:
            return of.template operator()<std::uint8_t>();
        case VoxelType::int8:
            return of.template operator()<std::int8_t>();
        case VoxelType::uint16:
            return of.template operator()<std::uint16_t>();
        case VoxelType::int16:
            return of.template operator()<std::int16_t>();
        case VoxelType::uint32:
            return of.template operator()<std::uint32_t>();
        case VoxelType::int32:
            return of.template operator()<std::int32_t>();
        case VoxelType::uint64:
            return of.template operator()<std::uint64_t>();
        case VoxelType::int64:
            return of.template operator()<std::int64_t>();
        case VoxelType::float16:
            return of.template operator()<Half>();
        case VoxelType::float32:
            return of.template operator()<float>();
        case VoxelType::float64:
            break;
    }
    return of.template operator()<double>();
}

}  // namespace framepipe
