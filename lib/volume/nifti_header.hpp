// The header of a NIfTI file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "volume/volume.hpp"

namespace framepipe {

/// A header's fields as the standard names them; those that ANALYZE 7.5 has not are 0.
struct NiftiHeader {
    std::size_t size = 0;  // of the header itself: 348 or 540 bytes
    bool big_endian = false;
    bool one_file = false;  // the voxels are in the header's file
    std::array<std::int64_t, 8> dim{};
    int datatype = 0;
    std::array<double, 8> pixdim{};
    double vox_offset = 0;
    double scl_slope = 0;
    double scl_inter = 0;
    double cal_min = 0;
    double cal_max = 0;
    int xyzt_units = 0;
    int qform_code = 0;
    int sform_code = 0;
    std::array<double, 3> quatern{};  // b, c, d
    std::array<double, 3> qoffset{};
    PatientSpace srow{};  // in the header's unit
};

/// nullopt: the bytes do not begin as NIfTI-1, NIfTI-2 or ANALYZE 7.5 do.
std::optional<NiftiHeader> parse_nifti_header(std::span<const std::byte> head);

/// The voxels' places that the quaternion says, in the header's unit.
/// source NIfTI-1, "method 2"
PatientSpace qform_of(const NiftiHeader& header);

}  // namespace framepipe
