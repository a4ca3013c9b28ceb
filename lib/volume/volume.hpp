// A volume of voxels: where they lie, what their numbers mean, and which way is up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace framepipe {

enum class VoxelType { uint8, int8, uint16, int16, uint32, int32, uint64, int64, float16, float32, float64 };

/// NumPy's name: "uint16", "float32".
std::string_view name_of(VoxelType type);
/// The type of that name; nullopt: none.
std::optional<VoxelType> voxel_type(std::string_view name);
/// Bytes of one number.
std::size_t size_of(VoxelType type);
bool is_floating(VoxelType type);

/// One axis of the voxels.
struct VoxelAxis {
    std::int64_t size = 0;      // voxels, at least 1
    std::ptrdiff_t stride = 0;  // bytes from one voxel to the next; any sign
    double spacing = 1;         // from one voxel's middle to the next, in the volume's unit; above 0
};

/// Takes voxel indices (a, b, c) of axes 0, 1, 2 to millimetres in patient space, right, anterior and
/// superior being positive: row r is m[r][0] a + m[r][1] b + m[r][2] c + m[r][3].
using PatientSpace = std::array<std::array<double, 4>, 3>;

/// Voxels that somebody holds in memory or has mapped: cheap to copy, the voxels are shared. Any thread may read.
struct Volume {
    std::string name;  // the file's or folder's own, for people

    VoxelType type = VoxelType::uint8;
    bool big_endian = false;
    int channels = 1;                   // 3 (RGB) or 4 (RGBA): colour
    std::ptrdiff_t channel_stride = 0;  // bytes from one channel of a voxel to the next
    std::array<VoxelAxis, 3> axes;      // in the order in which the format numbers its axes

    std::shared_ptr<const void> memory;  // keeps the voxels where they are
    const std::byte* first = nullptr;    // voxel (0, 0, 0), channel 0

    /// A voxel's value is stored * slope + intercept.
    double slope = 1;
    double intercept = 0;
    /// The values that the file itself wants shown from black to white.
    std::optional<std::array<double, 2>> display_range;

    /// The axis that is paged through unless the user says otherwise.
    int default_axis = 2;
    /// The axes left of a slice, in order, are columns and rows (as in NIfTI and NRRD, where the first axis is x);
    /// false: rows and columns (as in NumPy).
    bool columns_first = false;
    /// Which way is up, where the file says so.
    std::optional<PatientSpace> patient_space;
    /// Of the spacing: "mm", "um", "s"...; empty: not known, and the spacing is only a proportion.
    std::string unit;
};

}  // namespace framepipe
