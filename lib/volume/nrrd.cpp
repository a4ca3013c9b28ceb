#include "volume/nrrd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>
#include <system_error>

#include "frame/error.hpp"
#include "volume/byte_order.hpp"
#include "volume/dense.hpp"
#include "volume/gzip.hpp"
#include "volume/mapped_file.hpp"
#include "volume/memory.hpp"
#include "volume/nrrd_header.hpp"
#include "volume/patient_space.hpp"

namespace framepipe {
namespace {

namespace fs = std::filesystem;

/// The axis that is colour, if there are four.
std::optional<std::size_t> channel_axis(const NrrdHeader& header) {
    if (header.sizes.size() != 4) return std::nullopt;
    for (std::size_t axis = 0; axis < header.kinds.size(); ++axis) {
        const std::string& kind = header.kinds[axis];
        if (kind == "rgb-color" || kind == "rgba-color" || kind == "3-color" || kind == "4-color") return axis;
    }
    // Without a word about it, or as a vector, it is where teem's tools have it.
    if (header.sizes[0] != 3 && header.sizes[0] != 4) return std::nullopt;
    static constexpr std::string_view kVectors[] = {"vector", "3-vector", "4-vector", "list", "none", "???"};
    const bool may_be = header.kinds.empty() || std::find(std::begin(kVectors), std::end(kVectors), header.kinds[0]) != std::end(kVectors);
    return may_be ? std::optional<std::size_t>(0) : std::nullopt;
}

/// A data file's name comes with a header from who knows where: what it names must lie in the header's folder or below.
fs::path data_file_of(const fs::path& header, const std::string& name) {
    const fs::path relative = fs::path(name).lexically_normal();
    if (relative.is_absolute() || relative.begin() == relative.end() || *relative.begin() == "..")
        throw Error(fmt::format("its data file {} is not in the header's folder or below it", name));
    return header.parent_path() / relative;
}

Bytes without_lines(Bytes bytes, std::uint64_t lines) {
    for (; lines > 0; --lines) {
        const auto end = bytes.text().find('\n');
        if (end == std::string_view::npos) throw Error("its data file ends inside the lines that are to be skipped");
        bytes = bytes.part(end + 1, bytes.size() - end - 1);
    }
    return bytes;
}

template <typename T>
void parse_text(std::string_view text, std::span<std::byte> into) {
    constexpr std::string_view kBetween = " \t\r\n,";
    const std::size_t count = into.size() / sizeof(T);
    for (std::size_t i = 0; i < count; ++i) {
        text.remove_prefix(std::min(text.find_first_not_of(kBetween), text.size()));
        if (text.empty()) throw Error(fmt::format("its text holds {} numbers, but {} are needed", i, count));
        if (text.starts_with('+')) text.remove_prefix(1);
        T value{};
        const auto [end, result] = std::from_chars(text.data(), text.data() + text.size(), value);
        const auto length = static_cast<std::size_t>(end - text.data());
        const bool whole = length == text.size() || kBetween.find(text[length]) != std::string_view::npos;
        if (result != std::errc() || !whole) {
            const auto word = text.substr(0, std::min<std::size_t>(text.find_first_of(kBetween), 40));
            throw Error(fmt::format("its voxel {} is '{}', which is not a number of its type", i, word));
        }
        std::memcpy(into.data() + i * sizeof(T), &value, sizeof value);
        text.remove_prefix(length);
    }
}

Bytes parsed_text(std::string_view text, VoxelType type, std::uint64_t size, std::uint64_t max_memory) {
    // A number takes at least one sign and one between.
    if (size / size_of(type) > text.size() / 2 + 1)
        throw Error(fmt::format("its text has {} bytes, too few for {} numbers", text.size(), size / size_of(type)));
    Block block = take_memory(size, max_memory);
    switch (type) {
        case VoxelType::uint8:
            parse_text<std::uint8_t>(text, block.span());
            break;
        case VoxelType::int8:
            parse_text<std::int8_t>(text, block.span());
            break;
        case VoxelType::uint16:
            parse_text<std::uint16_t>(text, block.span());
            break;
        case VoxelType::int16:
            parse_text<std::int16_t>(text, block.span());
            break;
        case VoxelType::uint32:
            parse_text<std::uint32_t>(text, block.span());
            break;
        case VoxelType::int32:
            parse_text<std::int32_t>(text, block.span());
            break;
        case VoxelType::uint64:
            parse_text<std::uint64_t>(text, block.span());
            break;
        case VoxelType::int64:
            parse_text<std::int64_t>(text, block.span());
            break;
        case VoxelType::float32:
            parse_text<float>(text, block.span());
            break;
        case VoxelType::float64:
            parse_text<double>(text, block.span());
            break;
        case VoxelType::float16:
            throw Error("its voxels are half floats in text");  // no NRRD type says so
    }
    return std::move(block).share();
}

Bytes voxel_bytes(const fs::path& path, const Bytes& file, const NrrdHeader& header, std::uint64_t size, std::uint64_t max_memory) {
    Bytes data =
        header.data_file.empty() ? file.part(header.length, file.size() - header.length) : map_file(data_file_of(path, header.data_file));
    data = without_lines(std::move(data), header.line_skip);
    if (header.byte_skip < -1 || (header.byte_skip == -1 && header.encoding != NrrdEncoding::raw))
        throw Error(fmt::format("its header says 'byte skip: {}'", header.byte_skip));
    const auto skip = static_cast<std::uint64_t>(std::max<std::int64_t>(header.byte_skip, 0));
    if (header.encoding == NrrdEncoding::gzip) return gunzip(data, skip, size, max_memory);
    if (skip > data.size()) throw Error(fmt::format("its header skips {} bytes of {}", skip, data.size()));
    data = data.part(static_cast<std::size_t>(skip), data.size() - static_cast<std::size_t>(skip));
    if (header.encoding == NrrdEncoding::text) return parsed_text(data.text(), header.type, size, max_memory);
    if (header.byte_skip == -1 && size <= data.size()) data = data.part(data.size() - size, size);
    return data;
}

struct Unit {
    std::string name;
    double millimetres = 1;
};

Unit unit_of(const std::string& text) {
    if (text == "mm" || text == "millimeter" || text == "millimeters") return {"mm", 1};
    if (text == "um" || text == "micron" || text == "microns" || text == "micrometer" || text == "micrometers" || text == "\u00b5m" ||
        text == "\u03bcm")
        return {"um", 0.001};
    if (text == "cm") return {"cm", 10};
    if (text == "m" || text == "meter" || text == "meters") return {"m", 1000};
    return {text, 1};
}

/// How each row of the space's coordinates becomes right, anterior, superior; nullopt: the space is not the patient's.
std::optional<std::array<double, 3>> senses_of(const std::string& space) {
    if (space == "right-anterior-superior") return std::array<double, 3>{1, 1, 1};
    if (space == "left-anterior-superior") return std::array<double, 3>{-1, 1, 1};
    if (space == "left-posterior-superior") return std::array<double, 3>{-1, -1, 1};
    return std::nullopt;
}

double norm(const std::vector<double>& vector) {
    double sum = 0;
    for (const double number : vector) sum += number * number;
    return std::sqrt(sum);
}

void describe(Volume& volume, const NrrdHeader& header, std::optional<std::size_t> colour) {
    volume.columns_first = true;
    std::vector<std::size_t> axes;  // those of the volume
    for (std::size_t axis = 0; axis < header.sizes.size(); ++axis)
        if (axis != colour) axes.push_back(axis);

    Unit unit;
    if (!header.space_units.empty())
        unit = unit_of(header.space_units[0]);
    else if (!header.units.empty())
        unit = unit_of(header.units[axes[0]]);
    volume.unit = unit.name;

    bool directed = !header.directions.empty();
    for (std::size_t i = 0; i < 3; ++i) {
        double spacing = header.spacings.empty() ? 1 : std::fabs(header.spacings[axes[i]]);
        if (!header.directions.empty() && !header.directions[axes[i]].empty()) spacing = norm(header.directions[axes[i]]);
        volume.axes[i].spacing = std::isfinite(spacing) && spacing > 0 ? spacing : 1;
        directed = directed && header.directions[axes[i]].size() == 3;
    }
    const auto senses = senses_of(header.space);
    if (!directed || !senses) return;
    PatientSpace space{};
    for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t i = 0; i < 3; ++i) space[row][i] = header.directions[axes[i]][row];
        space[row][3] = header.origin.size() == 3 && std::isfinite(header.origin[row]) ? header.origin[row] : 0;
    }
    if (!is_sound(space)) return;
    const double mm = unit.millimetres;
    volume.patient_space = scaled(space, {(*senses)[0] * mm, (*senses)[1] * mm, (*senses)[2] * mm});
    if (volume.unit.empty()) volume.unit = "mm";
}

}  // namespace

bool is_nrrd(std::span<const std::byte> bytes) {
    return bytes.size() >= 8 && std::memcmp(bytes.data(), "NRRD000", 7) == 0;
}

Volume read_nrrd(const fs::path& path, const Bytes& file, const OpenVolumeOptions& options) {
    const NrrdHeader header = parse_nrrd_header(file.text());
    Dense dense;
    dense.shape = header.sizes;
    dense.first_fastest = true;
    dense.channel_axis = channel_axis(header);
    dense.type = header.type;
    dense.big_endian = header.big_endian.value_or(kNativeBig);
    const std::uint64_t size = size_of(dense);
    if (header.encoding == NrrdEncoding::text)
        dense.big_endian = kNativeBig;
    else if (!header.big_endian && size_of(dense.type) > 1)
        throw Error("its header has no 'endian', which numbers of more than one byte need");
    Volume volume = dense_volume(voxel_bytes(path, file, header, size, options.max_memory), dense);
    describe(volume, header, dense.channel_axis);
    return volume;
}

}  // namespace framepipe
