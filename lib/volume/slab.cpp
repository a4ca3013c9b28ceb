#include "volume/slab.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "frame/bytes.hpp"

namespace framepipe {
namespace {

constexpr std::int64_t kCacheLine = 64;
constexpr std::int64_t kSlabBytes = 16 << 20;

std::int64_t voxel_size(const Volume& volume) {
    return static_cast<std::int64_t>(size_of(volume.type)) * volume.channels;
}

}  // namespace

std::int64_t slab_depth(const Volume& volume, std::size_t axis) {
    const std::int64_t stride = std::abs(volume.axes[axis].stride);
    std::int64_t slice = voxel_size(volume);
    for (std::size_t other = 0; other < 3; ++other) {
        if (other == axis) continue;
        if (volume.axes[other].size > 1 && std::abs(volume.axes[other].stride) < stride) return 0;
        if (slice > kSlabBytes / volume.axes[other].size) return 0;
        slice *= volume.axes[other].size;
    }
    if (stride < static_cast<std::int64_t>(size_of(volume.type))) return 0;  // one voxel for all
    return std::min(kCacheLine / stride, kSlabBytes / slice);
}

SlabMaker::SlabMaker(const Volume& from, std::size_t axis, std::int64_t first, std::int64_t count)
    : from_(from), axis_(axis), first_(first), count_(count), slab_(from) {
    row_ = from.axes[inner()].size * voxel_size(from);
    slice_ = from.axes[outer()].size * row_;
    // Memory that was used before: new one, and giving it back, would change the process's map, and whoever answers a
    // request would wait at a page fault for a thread that has the lowest priority.
    Block memory(static_cast<std::size_t>(slice_ * count));
    to_ = memory.data();
    slab_.first = memory.data();
    slab_.memory = std::make_shared<const Bytes>(std::move(memory).share());
    slab_.axes[axis].size = count;
    slab_.axes[axis].stride = slice_;
    slab_.axes[outer()].stride = row_;
    slab_.axes[inner()].stride = voxel_size(from);
    slab_.channel_stride = static_cast<std::ptrdiff_t>(size_of(from.type));
}

void SlabMaker::copy_row(std::int64_t row) const {
    switch (size_of(from_.type)) {
        case 1:
            return copy<1>(row);
        case 2:
            return copy<2>(row);
        case 4:
            return copy<4>(row);
        default:
            return copy<8>(row);
    }
}

// Lines of memory are copied first, side by side: where they lie, distances of a power of two put them all into the same
// few places of the cache.
template <std::size_t number>
void SlabMaker::copy(std::int64_t row) const {
    constexpr std::int64_t kColumns = 32;
    std::byte lines[kColumns][kCacheLine];
    const std::int64_t width = from_.axes[inner()].size, voxel = voxel_size(from_);
    const std::ptrdiff_t along = from_.axes[axis_].stride, step = from_.axes[inner()].stride;
    // One number of all slices; slab_depth() has seen to it that they are within a line.
    const std::ptrdiff_t before = std::max<std::ptrdiff_t>(0, -along * (count_ - 1));
    const std::ptrdiff_t span = std::abs(along) * (count_ - 1) + static_cast<std::ptrdiff_t>(number);
    for (std::int64_t begin = 0; begin < width; begin += kColumns) {
        const std::int64_t columns = std::min(width - begin, kColumns);
        for (std::int64_t c = 0; c < from_.channels; ++c) {
            const std::byte* const line =
                from_.first + first_ * along + row * from_.axes[outer()].stride + c * from_.channel_stride - before;
            for (std::int64_t b = 0; b < columns; ++b) {
                const std::byte* const at = line + (begin + b) * step;
                if (span == kCacheLine) {
                    std::memcpy(lines[b], at, kCacheLine);
                } else {
                    std::memcpy(lines[b], at, static_cast<std::size_t>(span));
                }
            }
            for (std::int64_t k = 0; k < count_; ++k) {
                std::byte* out = to_ + k * slice_ + row * row_ + begin * voxel + c * static_cast<std::int64_t>(number);
                const std::ptrdiff_t place = before + k * along;
                for (std::int64_t b = 0; b < columns; ++b, out += voxel) std::memcpy(out, lines[b] + place, number);
            }
        }
    }
}

Slab SlabMaker::finish() && {
    return {axis_, first_, count_, std::make_shared<const Volume>(std::move(slab_))};
}

}  // namespace framepipe
