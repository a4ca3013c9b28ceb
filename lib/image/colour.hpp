// Colours as people type them.
#pragma once

#include <string_view>

#include "image/convert.hpp"

namespace framepipe {

/// "#rgb", "#rrggbb", or one of CSS's sixteen basic names, orange or grey.
/// throws UsageError
Rgb parse_colour(std::string_view text);

}  // namespace framepipe
