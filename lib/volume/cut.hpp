// The numbers of one slice, in rows, wherever they lie in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "frame/bytes.hpp"
#include "volume/plane.hpp"
#include "volume/volume.hpp"

namespace framepipe {

/// A slice as it lies in memory: strides in bytes, of any sign.
struct SliceView {
    const std::byte* first = nullptr;  // of the picture's top left voxel, channel 0
    std::size_t number_size = 1;       // bytes
    std::size_t channels = 1;
    std::ptrdiff_t channel_stride = 0;
    Extent extent;
    std::ptrdiff_t x_stride = 0, y_stride = 0;

    std::size_t voxel_size() const { return number_size * channels; }
    std::size_t row_size() const { return voxel_size() * extent.width; }
    /// Rows lie as they are wanted: voxel after voxel, channel after channel.
    /// Some of its rows.
    SliceView part(std::uint32_t begin, std::uint32_t rows) const {
        SliceView rest = *this;
        rest.first += static_cast<std::ptrdiff_t>(begin) * y_stride;
        rest.extent.height = rows;
        return rest;
    }
    bool rows_lie_tight() const {
        return (extent.width == 1 || x_stride == static_cast<std::ptrdiff_t>(voxel_size())) &&
               (channels == 1 || channel_stride == static_cast<std::ptrdiff_t>(number_size));
    }
};

/// index  0 up to the paged axis's size, not checked
SliceView slice_view(const Volume& volume, const SlicePlane& plane, std::int64_t index);

/// Some rows: row r of `rows` begins at first + r * stride, and its numbers lie tight.
struct RowBand {
    const std::byte* first = nullptr;
    std::ptrdiff_t stride = 0;
    std::uint32_t begin = 0;  // the first one's place in the picture
    std::uint32_t rows = 0;
};

/// Gives the rows of slices from top to bottom. Rows that lie tight are looked at where they are; others are gathered
/// some at a time, in an order in which each line of the processor's cache is fetched once, and are still in the cache
/// when they are used. Keeps its memory between slices. One thread at a time.
class SliceRows {
public:
    void operator()(const SliceView& slice, const std::function<void(const RowBand&)>& use);

private:
    Block gathered_;
};

}  // namespace framepipe
