#include "volume/memory.hpp"

#include <fmt/format.h>

#include <new>

#include "frame/error.hpp"

namespace framepipe {

void check_memory(std::uint64_t size, std::uint64_t max_memory) {
    if (size > max_memory) throw Error(fmt::format("its voxels take {} bytes of memory, over the limit of {}", size, max_memory));
}

Block take_memory(std::uint64_t size, std::uint64_t max_memory) {
    check_memory(size, max_memory);
    try {
        return Block(static_cast<std::size_t>(size));
    } catch (const std::bad_alloc&) {
        throw Error(fmt::format("its voxels take {} bytes, and there is no memory for them", size));
    }
}

}  // namespace framepipe
