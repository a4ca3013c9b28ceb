#include "volume/nifti.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "frame/error.hpp"
#include "volume/dense.hpp"
#include "volume/gzip.hpp"
#include "volume/mapped_file.hpp"
#include "volume/nifti_header.hpp"
#include "volume/patient_space.hpp"

namespace framepipe {
namespace {

namespace fs = std::filesystem;

struct Stored {
    VoxelType type;
    int channels = 1;
};

/// The standard's DT_ codes.
Stored stored_type(int datatype) {
    const auto refuse = [&](std::string_view what) {
        return Error(
            fmt::format("its voxels are {} (datatype {}); integers, floats of 32 or 64 bits, RGB24 or RGBA32 are wanted", what, datatype));
    };
    switch (datatype) {
        case 2:
            return {VoxelType::uint8};
        case 256:
            return {VoxelType::int8};
        case 512:
            return {VoxelType::uint16};
        case 4:
            return {VoxelType::int16};
        case 768:
            return {VoxelType::uint32};
        case 8:
            return {VoxelType::int32};
        case 1280:
            return {VoxelType::uint64};
        case 1024:
            return {VoxelType::int64};
        case 16:
            return {VoxelType::float32};
        case 64:
            return {VoxelType::float64};
        case 128:
            return {VoxelType::uint8, 3};
        case 2304:
            return {VoxelType::uint8, 4};
        case 1:
            throw refuse("single bits");
        case 1536:
            throw refuse("floats of 128 bits");
        case 32:
        case 1792:
        case 2048:
            throw refuse("complex numbers");
        default:
            throw refuse("of a type that is not known");
    }
}

/// What a header promises, as far as it can be.
struct Checked {
    Stored stored;
    std::vector<std::int64_t> shape;  // of one volume
    std::int64_t volumes = 1;
    std::uint64_t offset = 0;  // of the first voxel in its file
};

Checked check(const NiftiHeader& header) {
    Checked checked;
    if (header.dim[0] < 1 || header.dim[0] > 7)
        throw Error(fmt::format("its header says that it has {} axes; a volume has 3", header.dim[0]));
    auto axes = static_cast<std::size_t>(header.dim[0]);
    while (axes > 3 && header.dim[axes] <= 1) --axes;  // what has one place is no axis
    checked.shape.assign(header.dim.begin() + 1, header.dim.begin() + 1 + static_cast<std::ptrdiff_t>(axes));
    if (axes == 4) {
        checked.volumes = checked.shape[3];
        checked.shape.pop_back();
    }
    checked.stored = stored_type(header.datatype);
    const double offset = header.vox_offset;
    if (!(offset >= 0 && offset < static_cast<double>(std::numeric_limits<std::int64_t>::max())))
        throw Error(fmt::format("its header says that the voxels are at byte {}", offset));
    checked.offset = static_cast<std::uint64_t>(offset);
    // Some writers leave it 0, though the header is there.
    if (header.one_file) checked.offset = std::max<std::uint64_t>(checked.offset, header.size);
    return checked;
}

struct Unit {
    const char* name;
    double millimetres;
};

/// Of the standard's xyzt_units, whose lowest three bits are of space.
Unit unit_of(int xyzt_units) {
    switch (xyzt_units & 7) {
        case 1:
            return {"m", 1000};
        case 2:
            return {"mm", 1};
        case 3:
            return {"um", 0.001};
        default:
            return {"", 1};  // programs take what says nothing for millimetres
    }
}

constexpr std::size_t kNifti1Size = 348;

/// A number that the header has as a float: the double of its shortest decimal, 1.2 and not 1.2000000476837158. The
/// 64 bits of NIfTI-2 stay as they are.
double decimal(const NiftiHeader& header, double number) {
    if (header.size != kNifti1Size || !std::isfinite(number)) return number;
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), static_cast<float>(number));
    std::from_chars(text.data(), written.ptr, number);
    return number;
}

void describe(Volume& volume, const NiftiHeader& header, const OpenVolumeOptions& options, const std::string& name) {
    const Unit unit = unit_of(header.xyzt_units);
    volume.unit = unit.name;
    volume.columns_first = true;
    for (std::size_t i = 0; i < 3; ++i) {
        const double spacing = std::fabs(header.pixdim[i + 1]);
        volume.axes[i].spacing = std::isfinite(spacing) && spacing > 0 ? decimal(header, spacing) : 1;
    }
    const bool sform = header.sform_code > 0;
    if (sform || header.qform_code > 0) {
        const PatientSpace space = sform ? header.srow : qform_of(header);
        if (is_sound(space)) {
            const auto spacing = spacing_of(space);
            for (std::size_t i = 0; i < 3; ++i) volume.axes[i].spacing = decimal(header, spacing[i]);
            volume.patient_space = scaled(space, {unit.millimetres, unit.millimetres, unit.millimetres});
            if (volume.unit.empty()) volume.unit = "mm";
        } else if (options.warn) {
            options.warn(name + ": its orientation is none (the matrix of its " + (sform ? "sform" : "qform") +
                         " cannot be inverted), so that there is no axial, coronal or sagittal plane");
        }
    }
    // A slope of 0 says that there is none; colour has neither.
    if (volume.channels == 1 && std::isfinite(header.scl_slope) && header.scl_slope != 0 && std::isfinite(header.scl_inter)) {
        volume.slope = header.scl_slope;
        volume.intercept = header.scl_inter;
    }
    if (std::isfinite(header.cal_min) && std::isfinite(header.cal_max) && header.cal_min < header.cal_max)
        volume.display_range = {decimal(header, header.cal_min), decimal(header, header.cal_max)};
}

/// The voxels' bytes in `file`, from byte `offset` of its content on: shared where it is mapped, else decompressed.
Bytes voxel_bytes(const Bytes& file, std::uint64_t offset, std::uint64_t size, std::uint64_t max_memory) {
    if (is_gzip(file)) return gunzip(file, offset, size, max_memory);
    if (offset > file.size())
        throw Error(fmt::format("its voxels should begin at byte {}, but there are only {} bytes", offset, file.size()));
    return file.part(offset, file.size() - offset);
}

bool has_ending(const fs::path& path, std::string_view ending) {
    const std::string text = path.string();
    return text.size() > ending.size() && std::string_view(text).ends_with(ending);
}

/// `path` with another ending of its name, of files that exist; empty: there is none.
fs::path sibling(const fs::path& path, std::string_view from, std::string_view to) {
    std::string stem = path.string();
    for (const std::string_view compressed : {"", ".gz"}) {
        const std::string ending = std::string(from) + std::string(compressed);
        if (!has_ending(path, ending)) continue;
        stem.resize(stem.size() - ending.size());
        for (const std::string_view other : {"", ".gz"}) {
            const fs::path candidate = stem + std::string(to) + std::string(other);
            std::error_code ignored;
            if (fs::exists(candidate, ignored)) return candidate;
        }
    }
    return {};
}

fs::path image_file_of(const fs::path& header) {
    for (const auto& [from, to] : {std::pair(".hdr", ".img"), std::pair(".HDR", ".IMG")}) {
        if (auto found = sibling(header, from, to); !found.empty()) return found;
    }
    throw Error("it is the header of two files, and there is no .img file with its name");
}

}  // namespace

bool is_nifti(std::span<const std::byte> head) {
    return parse_nifti_header(head).has_value();
}

fs::path nifti_header_of(const fs::path& path) {
    for (const auto& [from, to] : {std::pair(".img", ".hdr"), std::pair(".IMG", ".HDR")}) {
        if (auto found = sibling(path, from, to); !found.empty()) return found;
    }
    return path;
}

Volume read_nifti(const fs::path& path, const Bytes& file, const OpenVolumeOptions& options) {
    std::array<std::byte, kNiftiHeaderSize> first{};
    std::size_t length = std::min(file.size(), first.size());
    if (is_gzip(file))
        length = GzipReader(file).read_some(first);
    else
        std::memcpy(first.data(), file.data(), length);
    const auto head = std::span<const std::byte>(first).first(length);
    const std::optional<NiftiHeader> header = parse_nifti_header(head);
    if (!header) throw Error("it does not begin as a NIfTI header does");
    const Checked checked = check(*header);
    Dense dense;
    dense.shape = checked.shape;
    dense.first_fastest = true;
    dense.type = checked.stored.type;
    dense.big_endian = header->big_endian;
    if (checked.stored.channels > 1) {
        dense.shape.insert(dense.shape.begin(), checked.stored.channels);
        dense.channel_axis = 0;
    }
    const std::uint64_t size = size_of(dense);
    const Bytes voxels = voxel_bytes(header->one_file ? file : map_file(image_file_of(path)), checked.offset, size, options.max_memory);
    Volume volume = dense_volume(voxels, dense);
    const std::string name = path.filename().string();
    describe(volume, *header, options, name);
    if (checked.volumes > 1 && options.warn) options.warn(fmt::format("{}: {} volumes, showing the first", name, checked.volumes));
    return volume;
}

}  // namespace framepipe
