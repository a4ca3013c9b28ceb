#include "volume/nifti.hpp"

#include <fmt/format.h>
#include <nifti2_io.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "frame/error.hpp"
#include "volume/byte_order.hpp"
#include "volume/dense.hpp"
#include "volume/gzip.hpp"
#include "volume/mapped_file.hpp"
#include "volume/patient_space.hpp"

// The library takes headers apart and knows what their transforms mean; files are read here, so that they can be
// mapped, and what it would print about a bad header is checked before it sees one.

namespace framepipe {
namespace {

namespace fs = std::filesystem;
using Image = std::unique_ptr<nifti_image, void (*)(nifti_image*)>;

struct Kind {
    int version = 0;  // 1 or 2; 0: it is none of them
    bool big_endian = false;
    bool one_file = false;
};

Kind kind_of(std::span<const std::byte> head) {
    const auto magic_at = [&](std::size_t at, std::string_view magic) {
        return std::memcmp(head.data() + at, magic.data(), magic.size()) == 0;
    };
    for (const bool big_endian : {false, true}) {
        if (head.size() >= sizeof(nifti_1_header) && load<std::int32_t>(head, 0, big_endian) == sizeof(nifti_1_header))
            return {1, big_endian, magic_at(offsetof(nifti_1_header, magic), std::string_view("n+1\0", 4))};
        if (head.size() >= sizeof(nifti_2_header) && load<std::int32_t>(head, 0, big_endian) == sizeof(nifti_2_header)) {
            constexpr std::size_t at = offsetof(nifti_2_header, magic);
            if (magic_at(at, std::string_view("n+2\0", 4))) return {2, big_endian, true};
            if (magic_at(at, std::string_view("ni2\0", 4))) return {2, big_endian, false};
        }
    }
    return {};
}

struct Stored {
    VoxelType type;
    int channels = 1;
};

Stored stored_type(int datatype) {
    const auto refuse = [&](std::string_view what) {
        return Error(
            fmt::format("its voxels are {} (datatype {}); integers, floats of 32 or 64 bits, RGB24 or RGBA32 are wanted", what, datatype));
    };
    switch (datatype) {
        case DT_UINT8:
            return {VoxelType::uint8};
        case DT_INT8:
            return {VoxelType::int8};
        case DT_UINT16:
            return {VoxelType::uint16};
        case DT_INT16:
            return {VoxelType::int16};
        case DT_UINT32:
            return {VoxelType::uint32};
        case DT_INT32:
            return {VoxelType::int32};
        case DT_UINT64:
            return {VoxelType::uint64};
        case DT_INT64:
            return {VoxelType::int64};
        case DT_FLOAT32:
            return {VoxelType::float32};
        case DT_FLOAT64:
            return {VoxelType::float64};
        case DT_RGB24:
            return {VoxelType::uint8, 3};
        case DT_RGBA32:
            return {VoxelType::uint8, 4};
        case DT_BINARY:
            throw refuse("single bits");
        case DT_FLOAT128:
            throw refuse("floats of 128 bits");
        case DT_COMPLEX64:
        case DT_COMPLEX128:
        case DT_COMPLEX256:
            throw refuse("complex numbers");
        default:
            throw refuse("of a type that is not known");
    }
}

/// What of a header must hold before the library sees it, and be known exactly after it.
struct Checked {
    Stored stored;
    std::vector<std::int64_t> shape;  // of one volume
    std::int64_t volumes = 1;
    std::uint64_t offset = 0;  // of the first voxel in its file
};

template <typename Header, typename Number, typename Offset>
Checked check(std::span<const std::byte> head, const Kind& kind) {
    const auto number = [&]<typename T>(T, std::size_t at) { return load<T>(head, at, kind.big_endian); };
    Checked checked;
    std::array<std::int64_t, 8> dim{};
    for (std::size_t i = 0; i < 8; ++i) dim[i] = number(Number(), offsetof(Header, dim) + i * sizeof(Number));
    if (dim[0] < 1 || dim[0] > 7) throw Error(fmt::format("its header says that it has {} axes; a volume has 3", dim[0]));
    std::size_t axes = static_cast<std::size_t>(dim[0]);
    while (axes > 3 && dim[axes] <= 1) --axes;  // what has one place is no axis
    checked.shape.assign(dim.begin() + 1, dim.begin() + 1 + static_cast<std::ptrdiff_t>(axes));
    if (axes == 4 && checked.shape[3] > 1) {
        checked.volumes = checked.shape[3];
        checked.shape.pop_back();
    }
    checked.stored = stored_type(number(std::int16_t(), offsetof(Header, datatype)));

    const auto offset = static_cast<double>(number(Offset(), offsetof(Header, vox_offset)));
    if (!(offset >= 0 && offset < static_cast<double>(std::numeric_limits<std::int64_t>::max())))
        throw Error(fmt::format("its header says that the voxels are at byte {}", offset));
    checked.offset = static_cast<std::uint64_t>(offset);
    // Some writers leave it 0, though the header is there.
    if (kind.one_file) checked.offset = std::max<std::uint64_t>(checked.offset, sizeof(Header));
    return checked;
}

Image taken_apart(std::span<const std::byte> head, const Kind& kind) {
    nifti_set_debug_level(0);
    nifti_image* image = nullptr;
    if (kind.version == 1) {
        nifti_1_header header;
        std::memcpy(&header, head.data(), sizeof header);
        image = nifti_convert_n1hdr2nim(header, nullptr);
    } else {
        nifti_2_header header;
        std::memcpy(&header, head.data(), sizeof header);
        image = nifti_convert_n2hdr2nim(header, nullptr);
    }
    if (image == nullptr) throw Error("its header is not understood");
    return {image, nifti_image_free};
}

struct Unit {
    const char* name;
    double millimetres;
};

Unit unit_of(int xyz_units) {
    switch (xyz_units) {
        case NIFTI_UNITS_METER:
            return {"m", 1000};
        case NIFTI_UNITS_MM:
            return {"mm", 1};
        case NIFTI_UNITS_MICRON:
            return {"um", 0.001};
        default:
            return {"", 1};  // programs take what says nothing for millimetres
    }
}

void describe(Volume& volume, const nifti_image& image, const OpenVolumeOptions& options, const std::string& name) {
    const Unit unit = unit_of(image.xyz_units);
    volume.unit = unit.name;
    volume.columns_first = true;
    const std::array<double, 3> pixdim{image.dx, image.dy, image.dz};
    for (std::size_t i = 0; i < 3; ++i) {
        const double spacing = std::fabs(pixdim[i]);
        volume.axes[i].spacing = std::isfinite(spacing) && spacing > 0 ? spacing : 1;
    }
    if (image.sform_code > 0 || image.qform_code > 0) {
        const auto& m = image.sform_code > 0 ? image.sto_xyz.m : image.qto_xyz.m;
        PatientSpace space;
        for (std::size_t row = 0; row < 3; ++row)
            for (std::size_t column = 0; column < 4; ++column) space[row][column] = m[row][column];
        if (is_sound(space)) {
            const auto spacing = spacing_of(space);
            for (std::size_t i = 0; i < 3; ++i) volume.axes[i].spacing = spacing[i];
            volume.patient_space = scaled(space, {unit.millimetres, unit.millimetres, unit.millimetres});
            if (volume.unit.empty()) volume.unit = "mm";
        } else if (options.warn) {
            options.warn(name + ": its orientation is none (the matrix of its " + (image.sform_code > 0 ? "sform" : "qform") +
                         " cannot be inverted), so that there is no axial, coronal or sagittal plane");
        }
    }
    // A slope of 0 says that there is none; colour has neither.
    if (volume.channels == 1 && std::isfinite(image.scl_slope) && image.scl_slope != 0 && std::isfinite(image.scl_inter)) {
        volume.slope = image.scl_slope;
        volume.intercept = image.scl_inter;
    }
    if (std::isfinite(image.cal_min) && std::isfinite(image.cal_max) && image.cal_min < image.cal_max)
        volume.display_range = {image.cal_min, image.cal_max};
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
    return kind_of(head).version != 0;
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
    const Kind kind = kind_of(head);
    if (kind.version == 0) throw Error("it does not begin as a NIfTI header does");

    const Checked checked = kind.version == 1 ? check<nifti_1_header, std::int16_t, float>(head, kind)
                                              : check<nifti_2_header, std::int64_t, std::int64_t>(head, kind);
    Dense dense;
    dense.shape = checked.shape;
    dense.first_fastest = true;
    dense.type = checked.stored.type;
    dense.big_endian = kind.big_endian;
    if (checked.stored.channels > 1) {
        dense.shape.insert(dense.shape.begin(), checked.stored.channels);
        dense.channel_axis = 0;
    }
    const std::uint64_t size = size_of(dense);
    const Image image = taken_apart(head, kind);
    const Bytes voxels = voxel_bytes(kind.one_file ? file : map_file(image_file_of(path)), checked.offset, size, options.max_memory);
    Volume volume = dense_volume(voxels, dense);
    const std::string name = path.filename().string();
    describe(volume, *image, options, name);
    if (checked.volumes > 1 && options.warn) options.warn(fmt::format("{}: {} volumes, showing the first", name, checked.volumes));
    return volume;
}

}  // namespace framepipe
