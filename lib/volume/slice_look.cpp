#include "volume/slice_look.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "frame/error.hpp"

namespace framepipe {
namespace {

/// Colours that screens show as they are.
bool shown_as_it_is(const Volume& volume) {
    return volume.channels > 1 && volume.type == VoxelType::uint8 && volume.slope == 1 && volume.intercept == 0;
}

std::string range_words(const SlicePlane& plane, std::int64_t depth) {
    return fmt::format("0 to {} along {}{}", depth - 1, plane.name.size() == 1 ? "axis " : "", plane.name);
}

std::int64_t index_for(const SliceRequest& request, const SlicePlane& plane, std::int64_t depth) {
    if (request.index) {
        if (*request.index >= 0 && *request.index < depth) return *request.index;
        throw Error(fmt::format("index {} is out of range: {}", *request.index, range_words(plane, depth)));
    }
    if (request.position) return std::llround(*request.position * static_cast<double>(depth - 1));
    return depth / 2;
}

[[noreturn]] void refuse_colormap(const std::string& name) {
    throw Error(fmt::format("colour map {}: the volume is in colour", name.substr(0, 40)));
}

/// The range with the window and the level that are asked for; what is not said of the two stays.
ValueRange shifted(const ValueRange& range, const SliceRequest& request) {
    const double window = request.window ? *request.window : range.window(), level = request.level ? *request.level : range.level();
    const ValueRange result{level - window / 2, level + window / 2};
    if (!(result.least < result.greatest) || !std::isfinite(result.window()))
        throw Error(fmt::format("window {} at level {} is beyond what numbers can tell apart", window, level));
    return result;
}

}  // namespace

SliceLooks::SliceLooks(const Volume& volume, SliceOptions options)
    : volume_(volume), options_(std::move(options)), survey_(survey(volume)) {
    if (options_.colormap) colormaps_.push_back(*options_.colormap);
    for (const std::string_view name : colormap_names())
        if (!options_.colormap || options_.colormap->name() != name) colormaps_.push_back(Colormap::named(name));
    if (volume.channels > 1 && !colormaps_.front().is_gray()) refuse_colormap(colormaps_.front().name());
    (*this)({});
}

std::string SliceLooks::indices() const {
    const SliceLook look = (*this)({});
    return range_words(look.plane, look.depth);
}

std::vector<std::string> SliceLooks::colormaps() const {
    if (volume_.channels > 1) return {"gray"};
    std::vector<std::string> names;
    for (const Colormap& map : colormaps_) names.push_back(map.name());
    // The order of the manual, whichever is the default.
    const auto place = [](const std::string& name) { return std::find(colormap_names().begin(), colormap_names().end(), name); };
    std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) { return place(a) < place(b); });
    return names;
}

ValueRange SliceLooks::range_of(const RangeWish& wish) const {
    if (const auto* given = std::get_if<ValueRange>(&wish)) return *given;
    if (std::get<NamedRange>(wish) == NamedRange::full) return survey_.full;
    if (volume_.display_range) {
        const auto [least, greatest] = *volume_.display_range;
        if (least < greatest && std::isfinite(least) && std::isfinite(greatest)) return {least, greatest};
    }
    return survey_.middle;
}

std::optional<ValueRange> SliceLooks::default_range() const {
    const SliceRequest& by_default = options_.request;
    if (by_default.window || by_default.level) return shifted(range_of(NamedRange::automatic), by_default);
    if (by_default.range) return range_of(*by_default.range);
    if (shown_as_it_is(volume_)) return std::nullopt;
    return range_of(NamedRange::automatic);
}

std::optional<ValueRange> SliceLooks::range_for(const SliceRequest& request) const {
    if (request.range) return range_of(*request.range);
    if (request.window || request.level) return shifted(default_range().value_or(ValueRange{0, 255}), request);
    return default_range();
}

const Colormap& SliceLooks::colormap_for(const SliceRequest& request) const {
    if (!request.colormap) return colormaps_.front();
    if (volume_.channels > 1 && *request.colormap != "gray") refuse_colormap(*request.colormap);
    for (const Colormap& map : colormaps_)
        if (map.name() == *request.colormap) return map;
    Colormap::named(*request.colormap);  // says what there is
    return colormaps_.front();
}

SliceLook SliceLooks::operator()(const SliceRequest& request) const {
    const SliceRequest& by_default = options_.request;
    SliceLook look;
    const auto& axis = request.axis ? request.axis : by_default.axis;
    look.plane = slice_plane(volume_, axis ? *axis : default_plane(volume_), options_.convention);
    look.depth = volume_.axes[look.plane.index_axis].size;
    look.index = index_for(request.index || request.position ? request : by_default, look.plane, look.depth);
    look.range = range_for(request);
    look.colormap = &colormap_for(request);
    look.invert = request.invert.value_or(by_default.invert.value_or(false));
    look.picture = picture_extent(volume_, look.plane, options_.proportions);
    if (const auto& size = request.size ? request.size : by_default.size) look.picture = fit_into(look.picture, *size);
    return look;
}

}  // namespace framepipe
