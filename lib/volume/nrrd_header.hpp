// The text at the beginning of an NRRD.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "volume/volume.hpp"

namespace framepipe {

enum class NrrdEncoding { raw, gzip, text };

/// What the header says, its words taken for numbers. Lists have an entry for each axis, or are empty where the header has none.
struct NrrdHeader {
    std::size_t length = 0;  // bytes, with the empty line that ends it
    std::vector<std::int64_t> sizes;
    VoxelType type = VoxelType::uint8;
    std::optional<bool> big_endian;
    NrrdEncoding encoding = NrrdEncoding::raw;
    std::string data_file;  // empty: the voxels follow the header
    std::uint64_t line_skip = 0;
    std::int64_t byte_skip = 0;      // -1: the voxels are the last bytes of the file
    std::vector<std::string> kinds;  // in lower case
    std::vector<std::string> units;
    std::vector<double> spacings;                 // NaN: not known
    std::string space;                            // in lower case: "left-posterior-superior"; empty: none
    std::vector<std::string> space_units;         // of the space's axes
    std::vector<std::vector<double>> directions;  // an axis of "none": empty
    std::vector<double> origin;                   // empty: not known
};

/// Reads the header at the beginning of `text`, the file's whole content.
/// throws Error that says what is wrong
NrrdHeader parse_nrrd_header(std::string_view text);

}  // namespace framepipe
