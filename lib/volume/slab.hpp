// Neighbouring slices whose voxels lie together in memory, gathered so that each slice's do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "volume/volume.hpp"

namespace framepipe {

/// Gathered slices: numbers first to first + count along axis.
struct Slab {
    std::size_t axis = 0;
    std::int64_t first = 0, count = 0;
    std::shared_ptr<const Volume> volume;

    bool has(std::size_t an_axis, std::int64_t index) const { return volume && axis == an_axis && index >= first && index < first + count; }
};

/// Slices along the axis that share their lines of memory and fit a slab; below 2: gathering is of no use.
std::int64_t slab_depth(const Volume& volume, std::size_t axis);

/// A slab that is being made, row by row.
class SlabMaker {
public:
    /// from  outlives this
    SlabMaker(const Volume& from, std::size_t axis, std::int64_t first, std::int64_t count);

    std::size_t axis() const { return axis_; }
    std::int64_t first() const { return first_; }
    std::int64_t rows() const { return from_.axes[outer()].size; }

    /// Tens of microseconds. Several threads may copy rows at once.
    void copy_row(std::int64_t row) const;

    /// When all rows are copied; the last call.
    Slab finish() &&;

private:
    std::size_t outer() const { return axis_ == 0 ? 1 : 0; }
    std::size_t inner() const { return axis_ == 2 ? 1 : 2; }
    template <std::size_t number>
    void copy(std::int64_t row) const;

    const Volume& from_;
    std::size_t axis_;
    std::int64_t first_, count_;
    Volume slab_;
    std::int64_t row_ = 0, slice_ = 0;  // bytes
    std::byte* to_ = nullptr;
};

}  // namespace framepipe
