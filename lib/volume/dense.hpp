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

/// Pages of pixels, as files of images have them: `samples` numbers a pixel, of which the first `channels` are shown.
struct Pages {
    std::int64_t depth = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    int samples = 1;
    int channels = 1;
    VoxelType type = VoxelType::uint8;
    bool big_endian = false;
    std::ptrdiff_t stride = 0;  // bytes from one page to the next, any sign; rows and pixels are tight
};

/// The volume whose first page is at byte `at` of `bytes`, which must reach as far as the pages do. Axis 0 goes from page to
/// page, and is the one to page through; 1 goes from row to row, 2 from column to column.
Volume paged_volume(const Bytes& bytes, std::uint64_t at, const Pages& pages);

}  // namespace framepipe
