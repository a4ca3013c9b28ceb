#include "frame/image_info.hpp"

#include <algorithm>
#include <cstring>

#include "frame/error.hpp"
#include "frame/jpeg_scan.hpp"

namespace framepipe {
namespace {

std::uint32_t byte_at(std::span<const std::byte> bytes, std::size_t at) {
    return std::to_integer<std::uint32_t>(bytes[at]);
}

std::uint32_t big16(std::span<const std::byte> bytes, std::size_t at) {
    return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
}

std::uint32_t big32(std::span<const std::byte> bytes, std::size_t at) {
    return big16(bytes, at) << 16 | big16(bytes, at + 2);
}

std::uint32_t little16(std::span<const std::byte> bytes, std::size_t at) {
    return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8;
}

std::uint32_t little24(std::span<const std::byte> bytes, std::size_t at) {
    return little16(bytes, at) | byte_at(bytes, at + 2) << 16;
}

bool holds(std::span<const std::byte> bytes, std::size_t at, std::string_view text) {
    return bytes.size() >= at + text.size() && std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

std::optional<ImageInfo> identify_jpeg(std::span<const std::byte> bytes) {
    JpegScan scan;
    scan.scan(bytes);
    if (scan.width() == 0 || scan.height() == 0) return std::nullopt;
    return ImageInfo{"image/jpeg", scan.width(), scan.height()};
}

/// source  PNG specification, 11.2.2 IHDR
std::optional<ImageInfo> identify_png(std::span<const std::byte> bytes) {
    if (bytes.size() < 24 || !holds(bytes, 12, "IHDR")) return std::nullopt;
    return ImageInfo{"image/png", big32(bytes, 16), big32(bytes, 20)};
}

/// source  RFC 9649 (WebP container), RFC 6386 section 9.1 (VP8)
std::optional<ImageInfo> identify_webp(std::span<const std::byte> bytes) {
    constexpr std::size_t data = 20;  // of the first chunk
    if (bytes.size() < data + 10) return std::nullopt;
    if (holds(bytes, 12, "VP8X")) return ImageInfo{"image/webp", little24(bytes, data + 4) + 1, little24(bytes, data + 7) + 1};
    if (holds(bytes, 12, "VP8L") && byte_at(bytes, data) == 0x2f) {
        const std::uint32_t bits = little16(bytes, data + 1) | little16(bytes, data + 3) << 16;
        return ImageInfo{"image/webp", (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1};
    }
    if (holds(bytes, 12, "VP8 ") && holds(bytes, data + 3, "\x9d\x01\x2a")) {
        return ImageInfo{"image/webp", little16(bytes, data + 6) & 0x3fff, little16(bytes, data + 8) & 0x3fff};
    }
    return std::nullopt;
}

/// SOF0 to SOF15 without DHT, JPG and DAC, whose codes lie between them.
bool is_frame_header(std::uint32_t code) {
    return code >= 0xc0 && code <= 0xcf && code != 0xc4 && code != 0xc8 && code != 0xcc;
}

bool is_restart(std::uint32_t code) {
    return code >= 0xd0 && code <= 0xd7;
}

}  // namespace

std::string_view sniff_image(std::span<const std::byte> bytes) {
    if (holds(bytes, 0, "\xff\xd8\xff")) return "image/jpeg";
    if (holds(bytes, 0, "\x89PNG\r\n\x1a\n")) return "image/png";
    if (holds(bytes, 0, "RIFF") && holds(bytes, 8, "WEBP")) return "image/webp";
    return {};
}

std::optional<ImageInfo> identify_image(std::span<const std::byte> bytes) {
    const std::string_view type = sniff_image(bytes);
    if (type == "image/jpeg") return identify_jpeg(bytes);
    std::optional<ImageInfo> info;
    if (type == "image/png") info = identify_png(bytes);
    if (type == "image/webp") info = identify_webp(bytes);
    if (info && (info->width == 0 || info->height == 0)) return std::nullopt;
    return info;
}

std::size_t jpeg_length(std::span<const std::byte> bytes) {
    if (bytes.size() < 2) return 0;
    if (!holds(bytes, 0, "\xff\xd8")) throw Error("not a JPEG: it does not begin with the bytes ff d8");
    return JpegScan().scan(bytes);
}

std::size_t JpegScan::scan(std::span<const std::byte> bytes) {
    while (position_ < bytes.size()) {
        // To the next 0xff: in entropy-coded data that is the long way, between segments no way at all.
        const void* found = std::memchr(bytes.data() + position_, 0xff, bytes.size() - position_);
        if (found == nullptr) {
            position_ = bytes.size();
            return 0;
        }
        position_ = static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
        if (position_ + 1 >= bytes.size()) return 0;
        const std::uint32_t code = byte_at(bytes, position_ + 1);
        if (code == 0xff) {  // a fill byte
            ++position_;
        } else if (code == 0x00 || code == 0x01 || is_restart(code)) {  // a stuffed byte, or a marker without a segment
            position_ += 2;
        } else if (code == 0xd9) {
            return position_ += 2;
        } else if (code == 0xd8) {
            return position_;
        } else {
            if (position_ + 4 > bytes.size()) return 0;
            const std::size_t length = big16(bytes, position_ + 2);
            if (is_frame_header(code) && length >= 8) {
                if (position_ + 9 > bytes.size()) return 0;
                height_ = big16(bytes, position_ + 5);
                width_ = big16(bytes, position_ + 7);
            }
            position_ += 2 + std::max<std::size_t>(length, 2);
        }
    }
    return 0;
}

}  // namespace framepipe
