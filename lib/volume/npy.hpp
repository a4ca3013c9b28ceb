// NumPy's .npy files.
#pragma once

#include "frame/bytes.hpp"
#include "volume/volume.hpp"

namespace framepipe {

/// True if the bytes begin as those of an .npy file do.
bool is_npy(std::span<const std::byte> bytes);

/// The volume in an .npy file of version 1, 2 or 3, C or Fortran order. Axes are NumPy's; a fourth one of 3 or 4 is colour.
/// throws Error that says why not, without the file's name
/// source https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
Volume read_npy(const Bytes& file);

}  // namespace framepipe
