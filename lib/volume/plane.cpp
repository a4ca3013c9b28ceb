#include "volume/plane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "frame/error.hpp"

namespace framepipe {
namespace {

constexpr double kLongestStretched = 16384;
/// Spacing that differs by less than this part is the same: files write it with few digits.
constexpr double kSameSpacing = 1e-3;

/// Axes of the patient.
enum Towards : std::size_t { kRight, kAnterior, kSuperior };
constexpr std::array<std::array<char, 2>, 3> kLetters{{{'L', 'R'}, {'P', 'A'}, {'I', 'S'}}};

/// A voxel axis in the patient: the patient's axis that it runs along, and whether it runs the positive way.
struct Direction {
    std::size_t along = 0;
    bool positive = true;
};
using Directions = std::array<Direction, 3>;

/// Each voxel axis's direction, no two along the same.
Directions directions_of(const PatientSpace& space) {
    std::array<std::array<double, 3>, 3> parts{};  // of voxel axis, along patient's axis: a cosine
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const double length = std::hypot(space[0][axis], space[1][axis], space[2][axis]);
        for (std::size_t along = 0; along < 3; ++along) parts[axis][along] = length > 0 ? space[along][axis] / length : 0;
    }
    std::array<std::size_t, 3> order{0, 1, 2}, best = order;
    double most = -1;
    do {
        double sum = 0;
        for (std::size_t axis = 0; axis < 3; ++axis) sum += std::abs(parts[axis][order[axis]]);
        if (sum > most + 1e-9) {
            most = sum;
            best = order;
        }
    } while (std::next_permutation(order.begin(), order.end()));
    Directions directions;
    for (std::size_t axis = 0; axis < 3; ++axis) directions[axis] = {best[axis], parts[axis][best[axis]] >= 0};
    return directions;
}

char letter(Direction direction, bool at_end) {
    return kLetters[direction.along][direction.positive == at_end ? 1 : 0];
}

PlaneLetters letters_of(const SlicePlane& plane, const Directions& directions) {
    const Direction x = directions[plane.x_axis], y = directions[plane.y_axis], index = directions[plane.index_axis];
    return {letter(x, plane.x_flipped),  letter(x, !plane.x_flipped), letter(y, plane.y_flipped),
            letter(y, !plane.y_flipped), letter(index, false),        letter(index, true)};
}

std::size_t axis_along(const Directions& directions, std::size_t along) {
    std::size_t axis = 0;
    while (directions[axis].along != along) ++axis;
    return axis;
}

/// A plane by the patient's axes: the picture's left edge lies towards `left`, its top towards `top`.
SlicePlane patient_plane(const Directions& directions, std::string_view name, std::size_t paged, Direction left, Direction top) {
    SlicePlane plane;
    plane.name = name;
    plane.index_axis = axis_along(directions, paged);
    plane.x_axis = axis_along(directions, left.along);
    plane.y_axis = axis_along(directions, top.along);
    plane.x_flipped = directions[plane.x_axis].positive == left.positive;
    plane.y_flipped = directions[plane.y_axis].positive == top.positive;
    plane.letters = letters_of(plane, directions);
    return plane;
}

SlicePlane file_plane(const Volume& volume, std::size_t paged) {
    SlicePlane plane;
    plane.name = std::to_string(paged);
    plane.index_axis = paged;
    plane.y_axis = paged == 0 ? 1 : 0;
    plane.x_axis = paged == 2 ? 1 : 2;
    if (volume.columns_first) std::swap(plane.x_axis, plane.y_axis);
    if (volume.patient_space) plane.letters = letters_of(plane, directions_of(*volume.patient_space));
    return plane;
}

}  // namespace

SlicePlane slice_plane(const Volume& volume, std::string_view name, Convention convention) {
    if (name == "0" || name == "1" || name == "2") return file_plane(volume, static_cast<std::size_t>(name.front() - '0'));
    const bool of_patient = name == "axial" || name == "coronal" || name == "sagittal";
    if (of_patient && !volume.patient_space)
        throw Error(fmt::format("axis {}: the volume does not say which way is up; its axes are 0, 1 and 2", name));
    if (!of_patient) {
        throw Error(fmt::format("'{}' is no axis: it is one of {}0, 1, 2", std::string(name.substr(0, 40)),
                                volume.patient_space ? "axial, coronal, sagittal, " : ""));
    }
    const Directions directions = directions_of(*volume.patient_space);
    const Direction side{kRight, convention == Convention::radiological};
    if (name == "axial") return patient_plane(directions, name, kSuperior, side, {kAnterior, true});
    if (name == "coronal") return patient_plane(directions, name, kAnterior, side, {kSuperior, true});
    return patient_plane(directions, name, kRight, {kAnterior, true}, {kSuperior, true});
}

std::vector<SlicePlane> offered_planes(const Volume& volume, Convention convention) {
    const std::array<const char*, 3> of_patient{"axial", "coronal", "sagittal"}, of_file{"0", "1", "2"};
    std::vector<SlicePlane> planes;
    for (const char* name : volume.patient_space ? of_patient : of_file) planes.push_back(slice_plane(volume, name, convention));
    return planes;
}

std::string default_plane(const Volume& volume) {
    return volume.patient_space ? "axial" : std::to_string(volume.default_axis);
}

Extent voxel_extent(const Volume& volume, const SlicePlane& plane) {
    return {static_cast<std::uint32_t>(volume.axes[plane.x_axis].size), static_cast<std::uint32_t>(volume.axes[plane.y_axis].size)};
}

Extent picture_extent(const Volume& volume, const SlicePlane& plane, bool proportions) {
    const Extent voxels = voxel_extent(volume, plane);
    const double across = volume.axes[plane.x_axis].spacing, down = volume.axes[plane.y_axis].spacing;
    if (!proportions || std::abs(across - down) <= kSameSpacing * std::max(across, down)) return voxels;
    const auto stretched = [](std::uint32_t side, double factor) {
        return static_cast<std::uint32_t>(std::lround(std::min(side * factor, std::max<double>(side, kLongestStretched))));
    };
    return across > down ? Extent{stretched(voxels.width, across / down), voxels.height}
                         : Extent{voxels.width, stretched(voxels.height, down / across)};
}

Extent fit_into(Extent picture, Extent room) {
    const double factor = std::min(static_cast<double>(room.width) / picture.width, static_cast<double>(room.height) / picture.height);
    const auto scaled = [factor](std::uint32_t side, std::uint32_t most) {
        return std::clamp(static_cast<std::uint32_t>(std::lround(side * factor)), 1U, most);
    };
    return {scaled(picture.width, room.width), scaled(picture.height, room.height)};
}

}  // namespace framepipe
