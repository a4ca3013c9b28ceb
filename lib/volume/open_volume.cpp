#include "volume/open_volume.hpp"

#include <fmt/format.h>

#include "frame/error.hpp"
#include "volume/mapped_file.hpp"
#include "volume/npy.hpp"
#include "volume/raw.hpp"

namespace framepipe {
namespace {

/// What a file of no known format begins with, for people: text as it is, other bytes in hexadecimal.
std::string beginning(std::span<const std::byte> bytes) {
    if (bytes.empty()) return "it is empty";
    bool text = true;
    std::string quoted, hexadecimal;
    for (const std::byte byte : bytes.first(std::min<std::size_t>(bytes.size(), 8))) {
        const auto c = std::to_integer<unsigned char>(byte);
        text = text && c >= 0x20 && c < 0x7f;
        quoted += static_cast<char>(c);
        hexadecimal += fmt::format(" {:02x}", c);
    }
    return text ? fmt::format("it begins with '{}'", quoted) : "it begins with" + hexadecimal;
}

Volume read_file(const Bytes& file) {
    if (is_npy(file)) return read_npy(file);
    throw Error(beginning(file) + ", which is no NumPy .npy; for raw voxels give --shape and --dtype");
}

std::string name_of(const std::filesystem::path& path) {
    const auto name = path.filename().empty() ? path.parent_path().filename() : path.filename();
    return name.string();
}

}  // namespace

Volume open_volume(const std::filesystem::path& path, const OpenVolumeOptions& options) {
    const Bytes file = map_file(path);
    try {
        Volume volume = options.raw ? read_raw(file, *options.raw) : read_file(file);
        volume.name = name_of(path);
        return volume;
    } catch (const Error& error) {
        throw Error(fmt::format("cannot read {}: {}", path.string(), error.what()));
    }
}

}  // namespace framepipe
