// Voxels that lie one after another, without gaps: what most formats are after their header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frame/bytes.hpp"
#include "volume/volume.hpp"

namespace framepipe {

struct Dense {
    std::vector<std::int64_t> shape;  // in the order in which the format numbers its axes, that of colour too
    bool first_fastest = false;       // axis 0 lies closest together (Fortran, NIfTI, NRRD); false: the last one (C)
    std::optional<std::size_t> channel_axis;
    VoxelType type = VoxelType::uint8;
    bool big_endian = false;
};

/// "10 x 20 x 30"
std::string shape_text(std::span<const std::int64_t> shape);

/// The bytes of all voxels.
/// throws Error: there are not 3 axes besides that of colour, one is empty, colour is not 3 or 4 channels, or the
///        product is beyond what a file can have
std::uint64_t size_of(const Dense& dense);

/// The volume of which `bytes` begin with voxel (0, 0, 0). It shares them.
/// throws Error as size_of does, and if there are fewer bytes than the voxels need
Volume dense_volume(const Bytes& bytes, const Dense& dense);

}  // namespace framepipe
