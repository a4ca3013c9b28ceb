#include "volume/plane.hpp"

#include <string>

#include "catch.hpp"
#include "frame/error.hpp"

using namespace framepipe;

namespace {

constexpr Convention kRadiological = Convention::radiological;

/// 10 x 20 x 30 voxels.
Volume volume() {
    Volume made;
    made.axes[0].size = 10;
    made.axes[1].size = 20;
    made.axes[2].size = 30;
    return made;
}

/// Voxel axes that run towards these letters.
Volume oriented(const std::string& towards) {
    Volume made = volume();
    PatientSpace space{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const std::size_t positive = std::string("RAS").find(towards[axis]), negative = std::string("LPI").find(towards[axis]);
        const std::size_t along = positive < 3 ? positive : negative;
        space[along][axis] = positive < 3 ? 2 : -2;
        space[(along + 1) % 3][axis] = 0.3;  // a little tilted
    }
    made.patient_space = space;
    return made;
}

std::string words(const SlicePlane& plane) {
    std::string text = std::to_string(plane.index_axis) + ": ";
    text += (plane.x_flipped ? "-" : "+") + std::to_string(plane.x_axis) + (plane.y_flipped ? "-" : "+") + std::to_string(plane.y_axis);
    if (const auto& letters = plane.letters)
        text += std::string(" ") + letters->left + letters->right + letters->top + letters->bottom + letters->first + letters->last;
    return text;
}

}  // namespace

TEST_CASE("a plane of the file has the axes that are left in their order, unflipped", "[plane]") {
    Volume made = volume();
    CHECK(words(slice_plane(made, "0", kRadiological)) == "0: +2+1");
    CHECK(words(slice_plane(made, "1", kRadiological)) == "1: +2+0");
    CHECK(words(slice_plane(made, "2", kRadiological)) == "2: +1+0");
    made.columns_first = true;
    CHECK(words(slice_plane(made, "0", kRadiological)) == "0: +1+2");
    CHECK(words(slice_plane(made, "1", kRadiological)) == "1: +0+2");
    CHECK(words(slice_plane(made, "2", kRadiological)) == "2: +0+1");
    CHECK(voxel_extent(made, slice_plane(made, "2", kRadiological)) == Extent{10, 20});
    CHECK(default_plane(made) == "2");
}

TEST_CASE("planes of the patient show the same whichever way the voxels run", "[plane]") {
    CHECK(words(slice_plane(oriented("RAS"), "axial", kRadiological)) == "2: -0-1 RLAPIS");
    CHECK(words(slice_plane(oriented("RAS"), "coronal", kRadiological)) == "1: -0-2 RLSIPA");
    CHECK(words(slice_plane(oriented("RAS"), "sagittal", kRadiological)) == "0: -1-2 APSILR");
    CHECK(words(slice_plane(oriented("LPS"), "axial", kRadiological)) == "2: +0+1 RLAPIS");
    CHECK(words(slice_plane(oriented("LPI"), "sagittal", kRadiological)) == "0: +1+2 APSIRL");
    // An acquisition in sagittal slices: its first axis runs backwards, the second down, the third to the left.
    CHECK(words(slice_plane(oriented("PIL"), "sagittal", kRadiological)) == "2: +0+1 APSIRL");
    CHECK(words(slice_plane(oriented("PIL"), "axial", kRadiological)) == "1: +2+0 RLAPSI");
    CHECK(default_plane(oriented("PIL")) == "axial");
}

TEST_CASE("the neurological convention has the left on the left", "[plane]") {
    CHECK(words(slice_plane(oriented("RAS"), "axial", Convention::neurological)) == "2: +0-1 LRAPIS");
    CHECK(words(slice_plane(oriented("LPS"), "coronal", Convention::neurological)) == "1: -0-2 LRSIAP");
    CHECK(words(slice_plane(oriented("RAS"), "sagittal", Convention::neurological)) == "0: -1-2 APSILR");
}

TEST_CASE("planes of the file are told where in the patient they lie", "[plane]") {
    CHECK(words(slice_plane(oriented("RAS"), "2", kRadiological)) == "2: +1+0 PALRIS");
}

TEST_CASE("each voxel axis is paged once, also where the volume lies askew", "[plane]") {
    Volume made = volume();
    // Axes 0 and 1 are both nearest to right.
    made.patient_space = PatientSpace{{{1, 0.8, 0, 0}, {0.5, -0.7, 0, 0}, {0, 0, 1, 0}}};
    CHECK(slice_plane(made, "sagittal", kRadiological).index_axis == 0);
    CHECK(slice_plane(made, "coronal", kRadiological).index_axis == 1);
    CHECK(slice_plane(made, "axial", kRadiological).index_axis == 2);
}

TEST_CASE("planes that are not there are refused", "[plane]") {
    CHECK_THROWS_WITH(slice_plane(volume(), "axial", kRadiological), ContainsSubstring("does not say which way is up"));
    CHECK_THROWS_WITH(slice_plane(volume(), "x", kRadiological), Equals("'x' is no axis: it is one of 0, 1, 2"));
    CHECK_THROWS_WITH(slice_plane(oriented("RAS"), "", kRadiological),
                      Equals("'' is no axis: it is one of axial, coronal, sagittal, 0, 1, 2"));
    CHECK(offered_planes(volume(), kRadiological).front().name == "0");
    CHECK(offered_planes(oriented("RAS"), kRadiological).back().name == "sagittal");
}

TEST_CASE("pictures have the proportions of space", "[plane]") {
    Volume made = volume();
    made.axes[0].spacing = 3;
    const auto plane = [](const char* name) { return slice_plane(volume(), name, kRadiological); };
    CHECK(picture_extent(made, plane("2"), true) == Extent{20, 30});
    CHECK(picture_extent(made, plane("2"), false) == Extent{20, 10});
    CHECK(picture_extent(made, plane("0"), true) == Extent{30, 20});
    made.axes[2].spacing = 1.0001;  // the same, as files write it
    CHECK(picture_extent(made, plane("0"), true) == Extent{30, 20});
    made.axes[0].spacing = 1e12;
    CHECK(picture_extent(made, plane("2"), true) == Extent{20, 16384});
}

TEST_CASE("a picture fits into the room and touches it", "[plane]") {
    CHECK(fit_into({100, 50}, {40, 40}) == Extent{40, 20});
    CHECK(fit_into({50, 100}, {400, 300}) == Extent{150, 300});
    CHECK(fit_into({10000, 1}, {100, 100}) == Extent{100, 1});
    CHECK(fit_into({3, 3}, {1, 1}) == Extent{1, 1});
}
