#include "volume/slice_prefetch.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "frame/bytes.hpp"

namespace framepipe {
namespace {

constexpr std::int64_t kCacheLine = 64;
constexpr std::int64_t kSlabBytes = 16 << 20;
/// Slices on each side of the last one whose pages are brought.
constexpr std::int64_t kNeighbours = 2;
constexpr std::int64_t kMostPageBytes = 64 << 20;

/// Neighbouring slices, gathered: numbers first to first + count along axis.
struct Slab {
    std::size_t axis = 0;
    std::int64_t first = 0, count = 0;
    std::shared_ptr<const Volume> volume;

    bool has(std::size_t an_axis, std::int64_t index) const { return volume && axis == an_axis && index >= first && index < first + count; }
};

std::int64_t voxel_size(const Volume& volume) {
    return static_cast<std::int64_t>(size_of(volume.type)) * volume.channels;
}

/// Slices along the axis that share their lines of memory and fit a slab; below 2: gathering is of no use.
std::int64_t slab_depth(const Volume& volume, std::size_t axis) {
    const std::int64_t stride = std::abs(volume.axes[axis].stride);
    std::int64_t slice = voxel_size(volume);
    for (std::size_t other = 0; other < 3; ++other) {
        if (other == axis) continue;
        if (volume.axes[other].size > 1 && std::abs(volume.axes[other].stride) < stride) return 0;
        if (slice > kSlabBytes / volume.axes[other].size) return 0;
        slice *= volume.axes[other].size;
    }
    return stride == 0 ? 0 : std::min(kCacheLine / stride, kSlabBytes / slice);
}

/// A slab that is being made, some rows at a time.
struct Gathering {
    Gathering(const Volume& from, std::size_t along, std::int64_t begin, std::int64_t slices)
        : axis(along), first(begin), count(slices), slab(from), from_(from) {
        row_ = from.axes[inner()].size * voxel_size(from);
        slice_ = from.axes[outer()].size * row_;
        // Memory that was used before: new one, and giving it back, would change the process's map, and whoever answers a
        // request would wait at a page fault for a thread that has the lowest priority.
        Block memory(static_cast<std::size_t>(slice_ * count));
        to_ = memory.data();
        slab.first = memory.data();
        slab.memory = std::make_shared<const Bytes>(std::move(memory).share());
        slab.axes[axis].size = count;
        slab.axes[axis].stride = slice_;
        slab.axes[outer()].stride = row_;
        slab.axes[inner()].stride = voxel_size(from);
        slab.channel_stride = static_cast<std::ptrdiff_t>(size_of(from.type));
    }

    bool whole() const { return done_ == from_.axes[outer()].size; }

    /// Tens of microseconds.
    void next_row() {
        switch (size_of(from_.type)) {
            case 1:
                copy_row<1>(done_);
                break;
            case 2:
                copy_row<2>(done_);
                break;
            case 4:
                copy_row<4>(done_);
                break;
            default:
                copy_row<8>(done_);
        }
        ++done_;
    }

    const std::size_t axis;
    const std::int64_t first, count;
    Volume slab;

private:
    std::size_t outer() const { return axis == 0 ? 1 : 0; }
    std::size_t inner() const { return axis == 2 ? 1 : 2; }

    template <std::size_t number>
    void copy_row(std::int64_t a) {
        constexpr std::int64_t kColumns = 64;  // whose lines stay in the first level cache
        const std::int64_t width = from_.axes[inner()].size, voxel = voxel_size(from_);
        const std::ptrdiff_t along = from_.axes[axis].stride, step = from_.axes[inner()].stride;
        const std::byte* const line = from_.first + first * along + a * from_.axes[outer()].stride;
        for (std::int64_t begin = 0; begin < width; begin += kColumns) {
            const std::int64_t end = std::min(width, begin + kColumns);
            for (std::int64_t k = 0; k < count; ++k) {
                std::byte* out = to_ + k * slice_ + a * row_ + begin * voxel;
                for (std::int64_t b = begin; b < end; ++b)
                    for (int c = 0; c < from_.channels; ++c, out += number)
                        std::memcpy(out, line + b * step + k * along + c * from_.channel_stride, number);
            }
        }
    }

    const Volume& from_;
    std::int64_t row_ = 0, slice_ = 0, done_ = 0;
    std::byte* to_ = nullptr;
};

struct Target {
    std::size_t axis;
    std::int64_t index;
    int direction;  // that the last move went: 1 or -1
};

}  // namespace

struct SlicePrefetch::Impl {
    explicit Impl(const Volume& given) : volume(given), thread([this] { run(); }) {}
    ~Impl() {
        {
            const std::lock_guard lock(mutex);
            ending = true;
            paused = true;
        }
        changed.notify_all();
        thread.join();
    }

    const Volume volume;
    std::atomic<bool> paused{true};

    /// Guards what follows. Who answers requests only tries to take it: a thread of the lowest priority may be kept from
    /// running while it has it.
    mutable std::mutex mutex;
    std::condition_variable changed;
    bool ending = false;
    std::uint64_t asked = 0, done = 0;  // targets so far, and the last one that is done with
    Target target{0, 0, 1};
    Slab slabs[2];
    std::size_t older = 0;

    std::thread thread;  // the last member: it uses the others

    void run();
    /// returns false if it was paused before the end
    bool work(const Target& at);
    // The thread's own: the slab that is being made, and which of the two it will be.
    std::optional<Gathering> begun;
    std::size_t place = 0;

    bool gather(std::size_t axis, std::int64_t first, std::int64_t depth, std::int64_t keep);
    bool bring_pages(std::size_t axis, std::int64_t index);
};

void SlicePrefetch::Impl::run() {
    ::pthread_setname_np(::pthread_self(), "prefetch");
    // Only when no other thread of the machine wants to run. Where that is not to be had, the work is as short.
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_IDLE, &none);
    std::unique_lock lock(mutex);
    for (;;) {
        changed.wait(lock, [&] { return ending || (!paused && done != asked); });
        if (ending) return;
        const std::uint64_t number = asked;
        const Target at = target;
        lock.unlock();
        const bool whole = work(at);
        lock.lock();
        if (whole) done = number;
        changed.notify_all();
    }
}

bool SlicePrefetch::Impl::work(const Target& at) {
    const std::int64_t size = volume.axes[at.axis].size;
    const std::int64_t depth = slab_depth(volume, at.axis);
    if (depth > 1) {
        const std::int64_t here = at.index / depth * depth;
        const std::int64_t next = here + at.direction * depth;
        if (!gather(at.axis, here, depth, here)) return false;
        return next < 0 || next >= size || gather(at.axis, next, depth, here);
    }
    for (std::int64_t away = 1; away <= kNeighbours; ++away) {
        for (const std::int64_t index : {at.index + at.direction * away, at.index - at.direction * away})
            if (index >= 0 && index < size && !bring_pages(at.axis, index)) return false;
    }
    return true;
}

/// Makes the slab that begins with slice `first`; the one that has slice `keep` stays. What was paused goes on where it
/// was.
bool SlicePrefetch::Impl::gather(std::size_t axis, std::int64_t first, std::int64_t depth, std::int64_t keep) {
    {
        const std::lock_guard lock(mutex);
        if (slabs[0].has(axis, first) || slabs[1].has(axis, first)) return true;
    }
    if (!begun || begun->axis != axis || begun->first != first) {
        const std::int64_t count = std::min(depth, volume.axes[axis].size - first);
        {
            const std::lock_guard lock(mutex);
            const bool kept[2] = {slabs[0].has(axis, keep), slabs[1].has(axis, keep)};
            place = kept[0] ? 1 : kept[1] ? 0 : older;
            slabs[place] = {};  // its memory is free before more is taken
        }
        begun.reset();
        begun.emplace(volume, axis, first, count);
    }
    while (!begun->whole()) {
        if (paused.load(std::memory_order_relaxed)) return false;
        begun->next_row();
    }
    const std::lock_guard lock(mutex);
    slabs[place] = {axis, first, begun->count, std::make_shared<const Volume>(std::move(begun->slab))};
    older = 1 - place;
    begun.reset();
    return true;
}

bool SlicePrefetch::Impl::bring_pages(std::size_t axis, std::int64_t index) {
    static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    // The picture's axis whose voxels lie closer makes the runs; where runs touch, they are one.
    std::size_t run = axis == 0 ? 1 : 0, other = axis == 2 ? 1 : 2;
    if (std::abs(volume.axes[other].stride) < std::abs(volume.axes[run].stride)) std::swap(run, other);
    std::int64_t runs = volume.axes[other].size;
    std::ptrdiff_t last = (volume.axes[run].size - 1) * volume.axes[run].stride;
    if (std::abs(volume.axes[other].stride) <= std::abs(last) + 2 * static_cast<std::ptrdiff_t>(page)) {
        last += (runs - 1) * volume.axes[other].stride;
        runs = 1;
    }
    if (runs * static_cast<std::int64_t>(std::abs(last) + static_cast<std::ptrdiff_t>(page)) > kMostPageBytes) return true;
    const std::byte* const first = volume.first + index * volume.axes[axis].stride;
    const auto each_run = [&](const auto& use) {
        for (std::int64_t i = 0; i < runs; ++i) {
            if (paused.load(std::memory_order_relaxed)) return false;
            const auto one = reinterpret_cast<std::uintptr_t>(first + i * volume.axes[other].stride);
            const auto two = reinterpret_cast<std::uintptr_t>(first + i * volume.axes[other].stride + last);
            use(std::min(one, two), std::max(one, two));
        }
        return true;
    };
    // All are asked for before the first one is waited for.
    const bool asked_for = each_run([&](std::uintptr_t begin, std::uintptr_t end) {
        const std::uintptr_t start = begin / page * page;
        ::madvise(reinterpret_cast<void*>(start), end + 1 - start, MADV_WILLNEED);
    });
    return asked_for && each_run([&](std::uintptr_t begin, std::uintptr_t end) {
               for (std::uintptr_t at = begin; at <= end && !paused.load(std::memory_order_relaxed); at = (at / page + 1) * page)
                   static_cast<void>(*reinterpret_cast<const volatile std::byte*>(at));
           });
}

SlicePrefetch::SlicePrefetch(const Volume& volume) : impl_(std::make_unique<Impl>(volume)) {}

SlicePrefetch::~SlicePrefetch() = default;

void SlicePrefetch::pause() {
    impl_->paused.store(true, std::memory_order_relaxed);
}

void SlicePrefetch::go_on(std::size_t axis, std::int64_t index) {
    {
        const std::unique_lock lock(impl_->mutex, std::try_to_lock);
        if (!lock) return;
        Target& target = impl_->target;
        const int direction = target.axis != axis || target.index == index ? 0 : index > target.index ? 1 : -1;
        target = {axis, index, direction == 0 ? target.direction : direction};
        ++impl_->asked;
        impl_->paused.store(false, std::memory_order_relaxed);
    }
    impl_->changed.notify_all();
}

SlicePrefetch::Found SlicePrefetch::find(std::size_t axis, std::int64_t index) const {
    const std::unique_lock lock(impl_->mutex, std::try_to_lock);
    if (!lock) return {};
    for (const Slab& slab : impl_->slabs)
        if (slab.has(axis, index)) return {slab.volume, index - slab.first};
    return {};
}

void SlicePrefetch::settle() {
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait(lock, [&] { return impl_->paused || impl_->done == impl_->asked; });
}

}  // namespace framepipe
