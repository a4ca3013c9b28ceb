// Where voxels lie in the patient.
#pragma once

#include <array>

#include "volume/volume.hpp"

namespace framepipe {

/// False: it takes different voxels to one place, or to places that are no numbers.
bool is_sound(const PatientSpace& space);

/// The same places for another unit or another sense of the axes: every row times its factor. (-1, -1, 1) takes left,
/// posterior, superior (DICOM's sense) to right, anterior, superior.
PatientSpace scaled(const PatientSpace& space, const std::array<double, 3>& factors);

/// From one voxel's middle to the next along each axis.
std::array<double, 3> spacing_of(const PatientSpace& space);

}  // namespace framepipe
