// What values a volume has.
#pragma once

#include <array>
#include <optional>

#include "volume/intensity.hpp"
#include "volume/volume.hpp"

namespace framepipe {

/// Of the values that are finite (of colour: red, green and blue together; alpha is none).
struct Survey {
    /// The smallest and the largest; absent: none is finite.
    std::optional<std::array<double, 2>> extremes;
    ValueRange full;     // from the one to the other
    ValueRange middle;   // from the 2nd to the 98th percentile, as NumPy's percentile() has them
    bool whole = true;   // every voxel was looked at
    bool finite = true;  // no number that was looked at is NaN or infinite
};

/// Looks at every voxel of a volume of up to 2^23 of them, and of a larger one at stretches that are spread evenly: at
/// most 4096, of a page each, asked for together where the volume is mapped. So it costs milliseconds whatever the
/// size, and gives the same ranges each time.
/// A range that has no extent (one value alone, or hardly any others) gives way to the next larger one, and at last to
/// one from 0 to the value; no finite value: 0 to 1.
Survey survey(const Volume& volume);

}  // namespace framepipe
