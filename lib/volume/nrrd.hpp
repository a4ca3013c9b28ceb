// NRRD files.
#pragma once

#include <filesystem>

#include "frame/bytes.hpp"
#include "volume/open_volume.hpp"

namespace framepipe {

/// True if the bytes begin as those of an NRRD do.
bool is_nrrd(std::span<const std::byte> bytes);

/// The volume of the NRRD in `file`, which lies at `path`: voxels attached or in a data file of their own (the header
/// names it, from its own folder unless the name is absolute), raw, gzip or text. Axes are the file's, without that of colour:
/// the first lies closest together.
/// throws Error that says why not, without the file's name
/// source https://teem.sourceforge.net/nrrd/format.html
Volume read_nrrd(const std::filesystem::path& path, const Bytes& file, const OpenVolumeOptions& options);

}  // namespace framepipe
