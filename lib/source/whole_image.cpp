#include "source/whole_image.hpp"

#include <cstdint>
#include <string_view>

#include "frame/bytes.hpp"
#include "frame/error.hpp"
#include "frame/image_info.hpp"

namespace framepipe {

namespace {

std::uint32_t byte_at(std::span<const std::byte> bytes, std::size_t at) {
    return std::to_integer<std::uint32_t>(bytes[at]);
}

std::uint64_t big_endian(std::span<const std::byte> bytes, std::size_t at) {
    return std::uint64_t{byte_at(bytes, at)} << 24 | byte_at(bytes, at + 1) << 16 | byte_at(bytes, at + 2) << 8 | byte_at(bytes, at + 3);
}

std::uint64_t little_endian(std::span<const std::byte> bytes, std::size_t at) {
    return std::uint64_t{byte_at(bytes, at + 3)} << 24 | byte_at(bytes, at + 2) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at);
}

/// Chunks are length, name, data, CRC (PNG specification, 5.3).
bool png_is_whole(std::span<const std::byte> png) {
    std::uint64_t at = 8;
    while (at + 12 <= png.size()) {
        const auto length = big_endian(png, static_cast<std::size_t>(at));
        if (length > png.size() - at - 12) return false;
        const std::string_view name(reinterpret_cast<const char*>(png.data()) + at + 4, 4);
        if (name == "IEND") return true;
        at += 12 + length;
    }
    return false;
}

/// RIFF, u32 little-endian length of what follows it (WebP container specification).
bool webp_is_whole(std::span<const std::byte> webp) {
    return webp.size() >= 12 && little_endian(webp, 4) <= webp.size() - 8;
}

}  // namespace

void check_whole(std::span<const std::byte> picture) {
    const auto type = sniff_image(picture);
    if (type == "image/jpeg") {
        if (jpeg_length(picture) == 0) throw Error("the JPEG is cut short");
    } else if (type == "image/png") {
        if (!png_is_whole(picture)) throw Error("the PNG is cut short");
    } else if (type == "image/webp") {
        if (!webp_is_whole(picture)) throw Error("the WebP is cut short");
    } else {
        throw Error("it is no JPEG, PNG or WebP");
    }
    if (!identify_image(picture)) throw Error("its header is broken");
}

}  // namespace framepipe
