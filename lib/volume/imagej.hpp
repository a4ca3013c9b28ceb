// What ImageJ writes into a TIFF's description.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace framepipe {

struct ImageJ {
    std::int64_t images = 1;  // pages, though the file may have a directory for the first one alone
    std::int64_t channels = 1;
    std::int64_t slices = 1;
    std::int64_t frames = 1;
    double spacing = 1;  // from one slice to the next, in `unit`
    std::string unit;    // of spacing and of the pages' resolution; empty: not known
    std::optional<std::array<double, 2>> display_range;
    double slope = 1;  // a value is stored * slope + intercept
    double intercept = 0;
};

/// nullopt: the description is not ImageJ's. What it says and is not understood is left out.
/// source https://imagej.net/ij/developer/source/ij/io/FileInfo.java.html
std::optional<ImageJ> parse_imagej(std::string_view description);

}  // namespace framepipe
