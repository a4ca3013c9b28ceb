// Volumes from files, whatever their format.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "volume/volume.hpp"

namespace framepipe {

/// What a raw file does not say of itself.
struct RawLayout {
    std::vector<std::int64_t> shape;  // as NumPy's: the last axis lies closest together; 3 axes, or 4 with 3 or 4 channels
    VoxelType type = VoxelType::uint8;
    bool big_endian = false;
    std::uint64_t offset = 0;  // bytes before the first voxel
};

struct OpenVolumeOptions {
    std::optional<RawLayout> raw;  // given: the file is raw, whatever its name says
    /// The most that voxels may take in memory where they cannot be mapped (compressed files, stacks of images).
    std::uint64_t max_memory = 8ULL << 30;
    /// Called with one line for what is worth saying. May be empty.
    std::function<void(const std::string&)> warn;
};

/// Opens a volume: NumPy .npy, NIfTI (.nii, .nii.gz, .hdr with .img), NRRD (.nrrd, .nhdr), a TIFF of many pages, a
/// folder of images, a DICOM series (its folder, or one of its files), or raw bytes. The format is told by the first
/// bytes, where it has any of its own. What can be mapped is: nothing is read before it is asked for, and a file that is cut
/// short later ends the process (map_file() in mapped_file.hpp says how to replace one).
/// throws Error: the file cannot be read, is none of these, is broken or shorter than it says, or has not 3 axes
Volume open_volume(const std::filesystem::path& path, const OpenVolumeOptions& options = {});

}  // namespace framepipe
