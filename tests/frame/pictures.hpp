// Pictures put together by hand: their structure is right and their pixels are none.
#pragma once

#include <string>
#include <string_view>

namespace framepipe_test {

using namespace std::string_literals;

inline std::string big16(unsigned value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}
inline std::string big32(unsigned value) {
    return big16(value >> 16) + big16(value & 0xffff);
}
inline std::string little(unsigned value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
}

inline std::string segment(unsigned char marker, const std::string& data) {
    return "\xff"s + static_cast<char>(marker) + big16(static_cast<unsigned>(data.size()) + 2) + data;
}

/// A progressive JPEG with a thumbnail in its EXIF, two scans, restart markers and stuffed bytes.
inline std::string jpeg(unsigned width, unsigned height) {
    const std::string thumbnail = "\xff\xd8" + segment(0xc0, "\x08" + big16(1) + big16(2) + "\x01\x01\x11\x00"s) + "\xff\xd9";
    return "\xff\xd8" + segment(0xe1, "Exif\0\0"s + thumbnail) + "\xff" +
           segment(0xc2, "\x08" + big16(height) + big16(width) + "\x01\x01\x11\x00"s) + segment(0xda, "\x01\x01\x00\x00\x00\x00"s) +
           "ab\xff\x00"s + "cd\xff\xd0" + "ef\xff\xd7" + "gh" + segment(0xc4, "\x00\xff\xd9"s) +
           segment(0xda, "\x01\x01\x00\x01\x3f\x00"s) + "ij\xff\x00\xff\xd9"s;
}

inline std::string chunk(const std::string& type, const std::string& data) {
    return big32(static_cast<unsigned>(data.size())) + type + data + "CRC.";
}
inline std::string png(unsigned width, unsigned height) {
    return "\x89PNG\r\n\x1a\n" + chunk("IHDR", big32(width) + big32(height) + "\x08\x02\0\0\0"s) + chunk("IDAT", "IEND, but not yet") +
           chunk("IEND", "");
}

inline std::string riff(const std::string& chunks) {
    return "RIFF" + little(static_cast<unsigned>(chunks.size()) + 4, 4) + "WEBP" + chunks;
}
/// The lossy kind, the lossless one, the one with extensions.
inline std::string webp_lossy(unsigned width, unsigned height) {
    return riff("VP8 " + little(10, 4) + "\x10\x02\x00\x9d\x01\x2a"s + little(width, 2) + little(height, 2));
}
inline std::string webp_lossless(unsigned width, unsigned height) {
    return riff("VP8L" + little(10, 4) + "\x2f" + little((width - 1) | (height - 1) << 14, 4) + "12345");
}
inline std::string webp_extended(unsigned width, unsigned height) {
    return riff("VP8X" + little(10, 4) + little(0x10, 4) + little(width - 1, 3) + little(height - 1, 3));
}

}  // namespace framepipe_test
