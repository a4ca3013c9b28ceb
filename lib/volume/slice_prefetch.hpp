// Slices near the one that was asked for last, brought closer while nobody asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "image/crew.hpp"
#include "volume/volume.hpp"

namespace framepipe {

/// True if who asked for slice `last` and now for `index` is paging, rather than jumping about.
bool is_near(std::size_t last_axis, std::int64_t last, std::size_t axis, std::int64_t index);

/// A thread of the lowest priority that works while nothing waits. Where a slice's voxels lie alone, each in a line of
/// memory with its neighbours' of other slices, it gathers for who is paging all of these slices at once, so that the
/// next ones are as near as along the best axis; else, if the disk was read lately, it has the system bring the pages of
/// the next slices. It is paused while a request is answered. Takes up to 32 MiB. All calls from one thread.
class SlicePrefetch {
public:
    explicit SlicePrefetch(const Volume& volume);
    ~SlicePrefetch();

    /// Stops the work within some microseconds.
    void pause();
    /// Nothing waits, and slice `index` along voxel axis `axis` was the last one. A hint: it may come to nothing.
    void go_on(std::size_t axis, std::int64_t index);

    /// The gathered voxels that have slice `index` along `axis`.
    struct Found {
        std::shared_ptr<const Volume> volume;  // the same but for strides, and with fewer voxels along `axis`; null: none
        std::int64_t index = 0;                // the slice's there
    };
    Found find(std::size_t axis, std::int64_t index) const;

    /// As find(), but gathers them if they are not there, which takes two or three times as long as it takes to cut one
    /// slice, for who will want the others next. Nothing is found where gathering is of no use.
    Found gather(std::size_t axis, std::int64_t index, Crew& crew);

    /// Waits until there is nothing more to do near the last slice: for tests.
    void settle();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe
