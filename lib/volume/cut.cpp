#include "volume/cut.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace framepipe {
namespace {

/// What is gathered at once: it stays in the second level cache until it is used.
constexpr std::size_t kBandBytes = 128 << 10;
constexpr std::size_t kCacheLine = 64;
/// Columns gathered side by side when the walk goes down the columns: the lines written stay in the first level cache.
constexpr std::size_t kColumns = 64;
/// Where each voxel has a line of memory of its own, so many are on their way at a time.
constexpr std::ptrdiff_t kAhead = 64;

/// Copies numbers of `size` bytes, column by column or row by row, whichever walks along the closer voxels.
template <std::size_t size>
void gather(const SliceView& slice, const std::byte* from, std::uint32_t rows, std::byte* to, std::size_t pitch) {
    const std::size_t width = slice.extent.width, channels = slice.channels;
    const auto copy = [&](std::size_t x, std::size_t y) {
        const std::byte* voxel = from + static_cast<std::ptrdiff_t>(x) * slice.x_stride + static_cast<std::ptrdiff_t>(y) * slice.y_stride;
        std::byte* out = to + y * pitch + x * channels * size;
        for (std::size_t c = 0; c < channels; ++c, voxel += slice.channel_stride, out += size) std::memcpy(out, voxel, size);
    };
    const auto copy_one = [&](std::size_t x, std::size_t y) {
        const std::byte* voxel = from + static_cast<std::ptrdiff_t>(x) * slice.x_stride + static_cast<std::ptrdiff_t>(y) * slice.y_stride;
        std::memcpy(to + y * pitch + x * size, voxel, size);
    };
    const std::ptrdiff_t step = std::abs(slice.x_stride) <= std::abs(slice.y_stride) ? slice.x_stride : slice.y_stride;
    const auto copy_far = [&](std::size_t x, std::size_t y) {
        const std::byte* voxel = from + static_cast<std::ptrdiff_t>(x) * slice.x_stride + static_cast<std::ptrdiff_t>(y) * slice.y_stride;
        // A hint, which may point behind the end.
        __builtin_prefetch(
            reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(voxel) + static_cast<std::uintptr_t>(kAhead * step)));
        std::memcpy(to + y * pitch + x * size, voxel, size);
    };
    const auto walk = [&](const auto& one) {
        if (std::abs(slice.x_stride) <= std::abs(slice.y_stride)) {
            for (std::size_t y = 0; y < rows; ++y)
                for (std::size_t x = 0; x < width; ++x) one(x, y);
            return;
        }
        for (std::size_t begin = 0; begin < width; begin += kColumns) {
            const std::size_t end = std::min(width, begin + kColumns);
            for (std::size_t x = begin; x < end; ++x)
                for (std::size_t y = 0; y < rows; ++y) one(x, y);
        }
    };
    if (channels > 1) {
        walk(copy);
    } else if (std::abs(step) >= static_cast<std::ptrdiff_t>(kCacheLine)) {
        walk(copy_far);
    } else {
        walk(copy_one);
    }
}

void gather_any(const SliceView& slice, const std::byte* from, std::uint32_t rows, std::byte* to, std::size_t pitch) {
    switch (slice.number_size) {
        case 1:
            return gather<1>(slice, from, rows, to, pitch);
        case 2:
            return gather<2>(slice, from, rows, to, pitch);
        case 4:
            return gather<4>(slice, from, rows, to, pitch);
        default:
            return gather<8>(slice, from, rows, to, pitch);
    }
}

}  // namespace

SliceView slice_view(const Volume& volume, const SlicePlane& plane, std::int64_t index) {
    const VoxelAxis &x = volume.axes[plane.x_axis], &y = volume.axes[plane.y_axis];
    SliceView slice;
    slice.first = volume.first + index * volume.axes[plane.index_axis].stride;
    slice.number_size = size_of(volume.type);
    slice.channels = static_cast<std::size_t>(volume.channels);
    slice.channel_stride = volume.channel_stride;
    slice.extent = voxel_extent(volume, plane);
    slice.x_stride = plane.x_flipped ? -x.stride : x.stride;
    slice.y_stride = plane.y_flipped ? -y.stride : y.stride;
    if (plane.x_flipped) slice.first += (x.size - 1) * x.stride;
    if (plane.y_flipped) slice.first += (y.size - 1) * y.stride;
    return slice;
}

void SliceRows::operator()(const SliceView& slice, const std::function<void(const RowBand&)>& use) {
    if (slice.rows_lie_tight()) {
        use({slice.first, slice.y_stride, 0, slice.extent.height});
        return;
    }
    // Rows whose distance is a power of two would fight for the same places in the cache.
    const std::size_t pitch = (slice.row_size() + kCacheLine - 1) / kCacheLine * kCacheLine + kCacheLine;
    // Down the columns a whole line of the cache is used if that many rows are taken at once.
    const std::size_t least = kCacheLine / slice.number_size;
    const auto band = static_cast<std::uint32_t>(std::clamp<std::size_t>(kBandBytes / pitch, least, slice.extent.height + least));
    if (gathered_.capacity() < pitch * band) gathered_ = Block(pitch * band);
    for (std::uint32_t begin = 0; begin < slice.extent.height; begin += band) {
        const std::uint32_t rows = std::min(band, slice.extent.height - begin);
        gather_any(slice, slice.first + static_cast<std::ptrdiff_t>(begin) * slice.y_stride, rows, gathered_.data(), pitch);
        use({gathered_.data(), static_cast<std::ptrdiff_t>(pitch), begin, rows});
    }
}

}  // namespace framepipe
