// How the test camera describes itself to its host.
// source  USB 2.0, chapter 9; USB Video Class 1.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

using Octets = std::vector<std::uint8_t>;

inline constexpr std::uint32_t kWidth = 640;
inline constexpr std::uint32_t kHeight = 480;
inline constexpr std::uint32_t kLargestPicture = kWidth * kHeight * 2;
inline constexpr std::uint32_t kPayload = 16384;  // of one bulk transfer
inline constexpr std::uint8_t kMjpgFormat = 1;    // bFormatIndex
inline constexpr std::uint8_t kYuyvFormat = 2;

/// Little-endian fields, one after the other.
class Fields {
public:
    Fields& u8(std::uint32_t value) {
        octets_.push_back(static_cast<std::uint8_t>(value));
        return *this;
    }
    Fields& u16(std::uint32_t value) { return u8(value & 255).u8(value >> 8 & 255); }
    Fields& u32(std::uint32_t value) { return u16(value & 65535).u16(value >> 16); }
    Fields& bytes(std::initializer_list<std::uint32_t> values) {
        for (const auto value : values) u8(value);
        return *this;
    }
    Fields& add(const Octets& other) {
        octets_.insert(octets_.end(), other.begin(), other.end());
        return *this;
    }
    std::uint32_t size() const { return static_cast<std::uint32_t>(octets_.size()); }
    const Octets& octets() const { return octets_; }

private:
    Octets octets_;
};

Octets device_descriptor();
/// Both formats, with this rate and half of it.
Octets configuration_descriptor(std::uint32_t fps);
Octets string_descriptor(const std::string& text);
