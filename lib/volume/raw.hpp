// Voxels without a header.
#pragma once

#include "frame/bytes.hpp"
#include "volume/open_volume.hpp"

namespace framepipe {

/// The volume that lies in `file` as `layout` says. The file may go on after it.
/// throws Error that says why not, without the file's name
Volume read_raw(const Bytes& file, const RawLayout& layout);

}  // namespace framepipe
