// Memory for voxels that cannot be mapped.
#pragma once

#include <cstdint>

#include "frame/bytes.hpp"

namespace framepipe {

/// throws Error: so many bytes of voxels are more than `max_memory`
void check_memory(std::uint64_t size, std::uint64_t max_memory);

/// Uninitialised memory for so many bytes of voxels.
/// throws Error: they are more than `max_memory`, or than there is
Block take_memory(std::uint64_t size, std::uint64_t max_memory);

}  // namespace framepipe
