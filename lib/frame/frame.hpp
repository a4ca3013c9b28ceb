// A frame and the constants of its format on the wire.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "frame/bytes.hpp"
#include "frame/header.hpp"

namespace framepipe {

/// One frame: what it is, and its bytes.
struct Frame {
    Header header;
    Bytes payload;
};

inline constexpr std::array<char, 4> kMagic{'F', 'P', 'F', '1'};
/// Magic, u32 little-endian header length, u64 little-endian payload length.
inline constexpr std::size_t kPrefixSize = 16;
inline constexpr std::size_t kMinHeaderSize = 2;
inline constexpr std::size_t kMaxHeaderSize = 65536;
/// The payload that a reader takes unless told otherwise.
inline constexpr std::uint64_t kDefaultMaxFrame = 256ULL << 20;

/// Prefix and header as they stand on the wire before `payload_size` bytes of payload. The header
/// is padded with spaces so that the payload begins at a multiple of 64 bytes.
/// stage  the command that lets the frame go now, noted in `stages`; empty: none
/// throws Error if the header is longer than the format allows.
std::string wire_head(const Header& header, std::uint64_t payload_size, std::string_view stage = {});

}  // namespace framepipe
