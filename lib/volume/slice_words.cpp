#include "volume/slice_words.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "frame/header.hpp"

namespace framepipe {
namespace {

/// Members of an object, in order.
using Members = std::vector<std::pair<std::string, std::string>>;

std::string object(const Members& members) {
    std::string text = "{";
    for (const auto& [key, value] : members) text += fmt::format("{}{}:{}", text.size() > 1 ? "," : "", json_string(key), value);
    return text + "}";
}

std::string number(double value) {
    return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

std::string pair(double one, double two) {
    return fmt::format("[{},{}]", number(one), number(two));
}

std::string values(const SliceLooks& looks) {
    return looks.values() ? pair((*looks.values())[0], (*looks.values())[1]) : "null";
}

std::string truth(bool value) {
    return value ? "true" : "false";
}

std::string letters(const PlaneLetters& letters) {
    const auto one = [](char letter) { return json_string(std::string_view(&letter, 1)); };
    return object({{"left", one(letters.left)},
                   {"right", one(letters.right)},
                   {"top", one(letters.top)},
                   {"bottom", one(letters.bottom)},
                   {"first", one(letters.first)},
                   {"last", one(letters.last)}});
}

/// From one pixel to the next of a picture of this size, across and down.
std::string spacing(const Volume& volume, const SlicePlane& plane, Extent picture) {
    const VoxelAxis &x = volume.axes[plane.x_axis], &y = volume.axes[plane.y_axis];
    return pair(x.spacing * static_cast<double>(x.size) / picture.width, y.spacing * static_cast<double>(y.size) / picture.height);
}

std::string plane_words(const Volume& volume, const SlicePlane& plane, bool proportions) {
    const Extent picture = picture_extent(volume, plane, proportions);
    Members members{{"axis", json_string(plane.name)},
                    {"depth", std::to_string(volume.axes[plane.index_axis].size)},
                    {"width", std::to_string(picture.width)},
                    {"height", std::to_string(picture.height)},
                    {"spacing", spacing(volume, plane, picture)},
                    {"step", number(volume.axes[plane.index_axis].spacing)}};
    if (plane.letters) members.emplace_back("letters", letters(*plane.letters));
    members.emplace_back("frame", object({{"index_axis", std::to_string(plane.index_axis)},
                                          {"x_axis", std::to_string(plane.x_axis)},
                                          {"x_flipped", truth(plane.x_flipped)},
                                          {"y_axis", std::to_string(plane.y_axis)},
                                          {"y_flipped", truth(plane.y_flipped)}}));
    return object(members);
}

/// What shapes a picture's levels.
void add_intensity(Members& members, const SliceLook& look) {
    members.emplace_back("window", look.range ? number(look.range->window()) : "null");
    members.emplace_back("level", look.range ? number(look.range->level()) : "null");
    members.emplace_back("colormap", json_string(look.colormap->name()));
    members.emplace_back("invert", truth(look.invert));
}

}  // namespace

std::string describe_volume(const Volume& volume, const SliceLooks& looks) {
    const SliceLook look = looks({});
    std::string planes, maps;
    for (const SlicePlane& plane : offered_planes(volume, looks.options().convention))
        planes += (planes.empty() ? "" : ",") + plane_words(volume, plane, looks.options().proportions);
    for (const std::string& name : looks.colormaps()) maps += (maps.empty() ? "" : ",") + json_string(name);
    Members members{{"name", json_string(volume.name)},
                    {"shape", fmt::format("[{},{},{}]", volume.axes[0].size, volume.axes[1].size, volume.axes[2].size)},
                    {"type", json_string(name_of(volume.type))},
                    {"channels", std::to_string(volume.channels)},
                    {"unit", json_string(volume.unit)},
                    {"values", values(looks)},
                    {"planes", "[" + planes + "]"},
                    {"axis", json_string(look.plane.name)},
                    {"index", std::to_string(look.index)}};
    add_intensity(members, look);
    members.emplace_back("colormaps", "[" + maps + "]");
    members.emplace_back("depth_bits", looks.options().deep ? "16" : "8");
    return object({{"volume", object(members)}});
}

std::vector<std::pair<std::string, std::string>> slice_meta(const Volume& volume, const SliceLooks& looks, const SliceLook& look) {
    const Extent voxels = voxel_extent(volume, look.plane);
    Members members{{"index", std::to_string(look.index)},
                    {"depth", std::to_string(look.depth)},
                    {"axis", json_string(look.plane.name)},
                    {"spacing", spacing(volume, look.plane, look.picture)},
                    {"step", number(volume.axes[look.plane.index_axis].spacing)},
                    {"unit", json_string(volume.unit)},
                    {"values", values(looks)}};
    add_intensity(members, look);
    if (look.plane.letters) members.emplace_back("letters", letters(*look.plane.letters));
    members.emplace_back("name", json_string(volume.name));
    members.emplace_back("voxel_width", std::to_string(voxels.width));
    members.emplace_back("voxel_height", std::to_string(voxels.height));
    return members;
}

}  // namespace framepipe
