// The ways of cutting a volume into slices, and how large their pictures are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image/pixel_format.hpp"
#include "volume/volume.hpp"

namespace framepipe {

/// Where in the patient a picture's edges lie, and the first and the last slice: R, L, A, P, S or I.
struct PlaneLetters {
    char left, right, top, bottom, first, last;
};

/// A way of cutting: the voxel axis that is paged through, and those that run across and down the picture.
struct SlicePlane {
    std::string name;  // "axial", "coronal", "sagittal", or the paged axis: "0", "1", "2"
    std::size_t index_axis = 0, x_axis = 0, y_axis = 0;
    /// The first column (row) shows the axis's last voxels.
    bool x_flipped = false, y_flipped = false;
    std::optional<PlaneLetters> letters;  // where the volume says which way is up
};

/// Whose left is on the left of axial and coronal pictures: the viewer who stands at the patient's feet and looks at
/// the face sees the right hand on the left (radiological).
enum class Convention { radiological, neurological };

/// The plane of that name. "0", "1" and "2" are there always: no axis of the picture is flipped, and its order is that
/// of the file. The others want Volume::patient_space: the voxel axis nearest to S, A or R is paged through.
/// throws Error that names the planes there are
SlicePlane slice_plane(const Volume& volume, std::string_view name, Convention convention);

/// The planes that a user wants to see: the three of the patient, or the three of the file.
std::vector<SlicePlane> offered_planes(const Volume& volume, Convention convention);

/// The name of the plane to begin with.
std::string default_plane(const Volume& volume);

/// Columns and rows of voxels in a slice.
Extent voxel_extent(const Volume& volume, const SlicePlane& plane);

/// The size of a slice's picture: a pixel for each voxel, and where pixels are to be square in space (`proportions`),
/// more of them along the axis whose voxels lie farther apart. Neither side grows beyond 16384 by that.
Extent picture_extent(const Volume& volume, const SlicePlane& plane, bool proportions);

/// The size of a picture that was `picture` and fits into `room`, touching it: no side is below 1.
Extent fit_into(Extent picture, Extent room);

}  // namespace framepipe
