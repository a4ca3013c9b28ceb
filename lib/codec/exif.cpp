#include "codec/exif.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace framepipe {
namespace {

constexpr std::string_view kBegin{"Exif\0\0", 6};
constexpr std::uint32_t kOrientation = 0x0112;
constexpr std::uint32_t kShort = 3;

// TIFF's numbers, in the byte order that its first two bytes tell; 0 behind its end.
struct Numbers {
    std::span<const std::byte> bytes;
    bool big = false;

    std::uint32_t at(std::uint64_t offset, unsigned size) const {
        if (offset + size > bytes.size()) return 0;
        std::uint32_t value = 0;
        for (unsigned i = 0; i < size; ++i) {
            const unsigned place = big ? i : size - 1 - i;
            value = value << 8 | std::to_integer<std::uint32_t>(bytes[offset + place]);
        }
        return value;
    }
};

}  // namespace

Orientation exif_orientation(std::span<const std::byte> marker) {
    if (marker.size() < kBegin.size() || std::memcmp(marker.data(), kBegin.data(), kBegin.size()) != 0) return Orientation::top_left;
    Numbers tiff{marker.subspan(kBegin.size())};
    tiff.big = tiff.at(0, 1) == 'M';
    const std::uint64_t directory = tiff.at(4, 4);
    const std::uint32_t entries = tiff.at(directory, 2);
    for (std::uint32_t i = 0; i < entries; ++i) {
        const std::uint64_t entry = directory + 2 + 12 * std::uint64_t{i};
        if (tiff.at(entry, 2) != kOrientation || tiff.at(entry + 2, 2) != kShort) continue;
        const std::uint32_t number = tiff.at(entry + 8, 2);
        return number >= 1 && number <= 8 ? static_cast<Orientation>(number) : Orientation::top_left;
    }
    return Orientation::top_left;
}

}  // namespace framepipe
