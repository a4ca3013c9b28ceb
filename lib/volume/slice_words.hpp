// What a page or a program is told of a volume and of its slices, as JSON.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "volume/slice_look.hpp"
#include "volume/volume.hpp"

namespace framepipe {

/// The description: one object with the member `volume`, see render-slice(1).
std::string describe_volume(const Volume& volume, const SliceLooks& looks);

/// The members of a slice's `meta`, each with its value as JSON text.
std::vector<std::pair<std::string, std::string>> slice_meta(const Volume& volume, const SliceLooks& looks, const SliceLook& look);

}  // namespace framepipe
