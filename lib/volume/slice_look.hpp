// How one slice is to look: a request and the options together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "volume/colormap.hpp"
#include "volume/plane.hpp"
#include "volume/slice_request.hpp"
#include "volume/survey.hpp"
#include "volume/volume.hpp"

namespace framepipe {

/// What holds for all requests that do not say otherwise.
struct SliceOptions {
    SliceRequest request;              // its colour map is in `colormap`
    std::optional<Colormap> colormap;  // absent: gray
    Convention convention = Convention::radiological;
    bool proportions = true;  // pixels are square in space
    bool deep = false;        // 16 bits a sample, else 8
};

/// What is to be drawn.
struct SliceLook {
    SlicePlane plane;
    std::int64_t index = 0, depth = 1;  // the slice, and how many there are
    /// The values from black to white; absent: colours of 8 bits as they are.
    std::optional<ValueRange> range;
    const Colormap* colormap = nullptr;
    bool invert = false;
    Extent picture;  // as it goes out
};

/// Settles what a request leaves open. Outlives its looks.
class SliceLooks {
public:
    /// throws Error if the options ask for what the volume has not
    SliceLooks(const Volume& volume, SliceOptions options);

    /// throws Error that says what there is
    SliceLook operator()(const SliceRequest& request) const;

    const SliceOptions& options() const { return options_; }
    /// The smallest and the largest value.
    const std::optional<std::array<double, 2>>& values() const { return survey_.extremes; }
    /// False if some voxel was found to be NaN or infinite.
    bool finite() const { return survey_.finite; }
    /// The indices of a request that says nothing of the axis: "0 to 9 along axis 2".
    std::string indices() const;
    /// The names that a request's `colormap` may have; of a volume in colour, only gray.
    std::vector<std::string> colormaps() const;

private:
    ValueRange range_of(const RangeWish& wish) const;
    std::optional<ValueRange> default_range() const;
    std::optional<ValueRange> range_for(const SliceRequest& request) const;
    const Colormap& colormap_for(const SliceRequest& request) const;

    const Volume& volume_;
    SliceOptions options_;
    Survey survey_;
    std::vector<Colormap> colormaps_;  // the default is the first
};

}  // namespace framepipe
