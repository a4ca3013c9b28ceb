// Volumes of known values: written as bytes by the tests themselves, and looked at voxel by voxel.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "frame/error.hpp"
#include "volume/open_volume.hpp"
#include "volume/volume.hpp"

namespace framepipe_test {

/// The number's bytes.
template <typename T>
std::string packed(T value, bool big_endian = false) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    if (big_endian != (std::endian::native == std::endian::big)) bytes.assign(bytes.rbegin(), bytes.rend());
    return bytes;
}

inline std::string packed(framepipe::VoxelType type, double value, bool big_endian = false) {
    using framepipe::VoxelType;
    switch (type) {
        case VoxelType::uint8:
            return packed(static_cast<std::uint8_t>(value), big_endian);
        case VoxelType::int8:
            return packed(static_cast<std::int8_t>(value), big_endian);
        case VoxelType::uint16:
            return packed(static_cast<std::uint16_t>(value), big_endian);
        case VoxelType::int16:
            return packed(static_cast<std::int16_t>(value), big_endian);
        case VoxelType::uint32:
            return packed(static_cast<std::uint32_t>(value), big_endian);
        case VoxelType::int32:
            return packed(static_cast<std::int32_t>(value), big_endian);
        case VoxelType::uint64:
            return packed(static_cast<std::uint64_t>(value), big_endian);
        case VoxelType::int64:
            return packed(static_cast<std::int64_t>(value), big_endian);
        case VoxelType::float32:
            return packed(static_cast<float>(value), big_endian);
        case VoxelType::float64:
            return packed(value, big_endian);
        case VoxelType::float16:
            break;
    }
    // Half floats of whole numbers below 2048 are exact.
    int exponent = 0;
    const double fraction = std::frexp(std::fabs(value), &exponent);
    const int bits = value == 0 ? 0 : (exponent + 14) << 10 | (static_cast<int>(fraction * 2048) & 0x3ff);
    return packed(static_cast<std::uint16_t>(bits | (value < 0 ? 0x8000 : 0)), big_endian);
}

/// The stored number of a voxel.
inline double voxel(const framepipe::Volume& volume, std::int64_t a, std::int64_t b, std::int64_t c, int channel = 0) {
    using framepipe::VoxelType;
    const std::byte* const at =
        volume.first + a * volume.axes[0].stride + b * volume.axes[1].stride + c * volume.axes[2].stride + channel * volume.channel_stride;
    std::string bytes(reinterpret_cast<const char*>(at), framepipe::size_of(volume.type));
    if (volume.big_endian != (std::endian::native == std::endian::big)) bytes.assign(bytes.rbegin(), bytes.rend());
    const auto as = [&](auto value) {
        std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    };
    switch (volume.type) {
        case VoxelType::uint8:
            return as(std::uint8_t());
        case VoxelType::int8:
            return as(std::int8_t());
        case VoxelType::uint16:
            return as(std::uint16_t());
        case VoxelType::int16:
            return as(std::int16_t());
        case VoxelType::uint32:
            return as(std::uint32_t());
        case VoxelType::int32:
            return as(std::int32_t());
        case VoxelType::uint64:
            return static_cast<double>(as(std::uint64_t()));
        case VoxelType::int64:
            return static_cast<double>(as(std::int64_t()));
        case VoxelType::float32:
            return as(float());
        case VoxelType::float64:
            return as(double());
        case VoxelType::float16:
            break;
    }
    const auto half = as(std::uint16_t());
    const int exponent = half >> 10 & 31;
    const double size = exponent == 0 ? std::ldexp(half & 0x3ff, -24) : std::ldexp((half & 0x3ff) + 1024, exponent - 25);
    return half & 0x8000 ? -size : size;
}

/// What each voxel of the known volumes is: no two of a 4 x 3 x 2 one are alike, and none is above 127.
inline double known(std::int64_t a, std::int64_t b, std::int64_t c, int channel = 0) {
    return static_cast<double>(a + 4 * b + 12 * c + 24 * channel);
}

struct Known {
    std::int64_t sides[3] = {4, 3, 2};
    int channels = 1;
};

/// The known volume's bytes, axis 0 being the fastest (`first_fastest`) or the slowest. Channels lie inside of voxels
/// (`channels_inside`), or are the fourth axis, the slowest if the first is the fastest.
inline std::string known_bytes(framepipe::VoxelType type, bool big_endian, bool first_fastest, bool channels_inside = true, Known k = {}) {
    std::string bytes;
    const auto put = [&](std::int64_t a, std::int64_t b, std::int64_t c, int channel) {
        bytes += packed(type, known(a, b, c, channel), big_endian);
    };
    const auto inner = [&](std::int64_t a, std::int64_t b, std::int64_t c) {
        for (int channel = 0; channel < k.channels; ++channel) put(a, b, c, channel);
    };
    if (!first_fastest) {
        for (std::int64_t a = 0; a < k.sides[0]; ++a)
            for (std::int64_t b = 0; b < k.sides[1]; ++b)
                for (std::int64_t c = 0; c < k.sides[2]; ++c) inner(a, b, c);
        return bytes;
    }
    for (int channel = 0; channel < (channels_inside ? 1 : k.channels); ++channel)
        for (std::int64_t c = 0; c < k.sides[2]; ++c)
            for (std::int64_t b = 0; b < k.sides[1]; ++b)
                for (std::int64_t a = 0; a < k.sides[0]; ++a) channels_inside ? inner(a, b, c) : put(a, b, c, channel);
    return bytes;
}

/// The first voxel that is not what it should be, as words; empty: all are.
inline std::string difference(const framepipe::Volume& volume, Known k = {},
                              const std::function<double(std::int64_t, std::int64_t, std::int64_t, int)>& expected = known) {
    if (volume.channels != k.channels) return "channels: " + std::to_string(volume.channels);
    for (int axis = 0; axis < 3; ++axis)
        if (volume.axes[axis].size != k.sides[axis]) return "axis " + std::to_string(axis) + ": " + std::to_string(volume.axes[axis].size);
    for (std::int64_t a = 0; a < k.sides[0]; ++a)
        for (std::int64_t b = 0; b < k.sides[1]; ++b)
            for (std::int64_t c = 0; c < k.sides[2]; ++c)
                for (int channel = 0; channel < k.channels; ++channel)
                    if (voxel(volume, a, b, c, channel) != expected(a, b, c, channel))
                        return "voxel " + std::to_string(a) + "," + std::to_string(b) + "," + std::to_string(c) + ":" +
                               std::to_string(channel) + " is " + std::to_string(voxel(volume, a, b, c, channel));
    return "";
}

/// What opening says, to the user's eyes: one line.
inline std::string refusal(const std::string& path, const framepipe::OpenVolumeOptions& options = {}) {
    try {
        framepipe::open_volume(path, options);
    } catch (const framepipe::Error& error) {
        const std::string words = error.what();
        return words.find('\n') == std::string::npos ? words : "more than one line: " + words;
    }
    return "opened";
}

inline const std::vector<framepipe::VoxelType>& all_types() {
    using enum framepipe::VoxelType;
    static const std::vector<framepipe::VoxelType> types{uint8,  int8,  uint16,  int16,   uint32, int32,
                                                         uint64, int64, float16, float32, float64};
    return types;
}

}  // namespace framepipe_test
