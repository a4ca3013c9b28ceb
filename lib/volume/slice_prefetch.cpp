#include "volume/slice_prefetch.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "volume/slab.hpp"

namespace framepipe {
namespace {

/// Slices on each side of the last one whose pages are brought.
constexpr std::int64_t kNeighbours = 2;
/// Slices between one request and the next of somebody who moves a slider.
constexpr std::int64_t kNear = 8;
constexpr std::int64_t kMostPageBytes = 64 << 20;

struct Target {
    std::size_t axis;
    std::int64_t index;
    int direction;  // that the last move went: 1 or -1
    bool paging;    // from a slice near by
};

/// Whether the process has had to read from a disk lately.
class DiskUse {
public:
    /// After each slice: false if it and those before it were in memory, and so what was brought for them.
    bool lately() {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        const long reads = usage.ru_majflt + usage.ru_inblock;
        without_ = reads == reads_ ? without_ + 1 : 0;
        reads_ = reads;
        return without_ < kEnough;
    }

private:
    static constexpr int kEnough = 8;
    long reads_ = 0;
    int without_ = 0;  // slices since the last reading
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
    // Of who answers requests.
    Target latest{0, 0, 1, false};
    DiskUse disk;

    /// Guards what follows. Who answers requests only tries to take this mutex and the next: a thread of the lowest
    /// priority may be kept from running while it has one.
    std::mutex mutex;
    std::condition_variable changed;
    bool ending = false;
    std::uint64_t asked = 0, done = 0;  // targets so far, and the last one that is done with
    Target target{0, 0, 1, false};

    /// Guards what follows; apart from the other, which the thread takes whenever it is paused, just when a slab is looked for.
    std::mutex shelf;
    Slab slabs[2];
    std::size_t older = 0;
    std::optional<std::size_t> place;  // of the slab that the thread is making

    std::thread thread;  // the last member: it uses the others

    void run();
    /// returns false if it was paused before the end
    bool work(const Target& at);
    // The thread's own: the slab that it is making, and the rows that are done.
    std::optional<SlabMaker> begun;
    std::int64_t done_rows = 0;

    /// The slices that slabs for the target begin with: its own, and the next in its direction.
    std::vector<std::int64_t> slabs_for(const Target& at) const;
    /// Nothing is worth waking the thread for.
    bool all_there(const Target& at);
    /// With the shelf held.
    bool has(std::size_t axis, std::int64_t index) const { return slabs[0].has(axis, index) || slabs[1].has(axis, index); }
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

std::vector<std::int64_t> SlicePrefetch::Impl::slabs_for(const Target& at) const {
    // All of their memory is read for it: too much for who jumps about.
    const std::int64_t depth = slab_depth(volume, at.axis);
    if (depth < 2 || !at.paging) return {};
    const std::int64_t here = at.index / depth * depth, next = here + at.direction * depth;
    if (next < 0 || next >= volume.axes[at.axis].size) return {here};
    return {here, next};
}

bool SlicePrefetch::Impl::all_there(const Target& at) {
    const bool read = disk.lately();
    if (slab_depth(volume, at.axis) < 2) return !read;
    const std::unique_lock lock(shelf, std::try_to_lock);
    if (!lock) return false;
    const std::vector<std::int64_t> wanted = slabs_for(at);
    return std::all_of(wanted.begin(), wanted.end(), [&](std::int64_t first) { return has(at.axis, first); });
}

bool SlicePrefetch::Impl::work(const Target& at) {
    const std::int64_t depth = slab_depth(volume, at.axis);
    if (depth > 1) {
        const std::vector<std::int64_t> wanted = slabs_for(at);
        return std::all_of(wanted.begin(), wanted.end(), [&](std::int64_t first) { return gather(at.axis, first, depth, wanted.front()); });
    }
    for (std::int64_t away = 1; away <= kNeighbours; ++away) {
        for (const std::int64_t index : {at.index + at.direction * away, at.index - at.direction * away})
            if (index >= 0 && index < volume.axes[at.axis].size && !bring_pages(at.axis, index)) return false;
    }
    return true;
}

/// Makes the slab that begins with slice `first`; the one that has slice `keep` stays. What was paused goes on where it
/// was.
bool SlicePrefetch::Impl::gather(std::size_t axis, std::int64_t first, std::int64_t depth, std::int64_t keep) {
    {
        const std::lock_guard lock(shelf);
        if (has(axis, first)) return true;
    }
    if (!begun || begun->axis() != axis || begun->first() != first) {
        const std::int64_t count = std::min(depth, volume.axes[axis].size - first);
        {
            Slab gone;  // after the lock, and its memory is free before more is taken
            const std::lock_guard lock(shelf);
            const bool kept[2] = {slabs[0].has(axis, keep), slabs[1].has(axis, keep)};
            place = kept[0] ? 1 : kept[1] ? 0 : older;
            std::swap(gone, slabs[*place]);
        }
        begun.reset();
        begun.emplace(volume, axis, first, count);
        done_rows = 0;
    }
    while (done_rows < begun->rows()) {
        if (paused.load(std::memory_order_relaxed)) return false;
        begun->copy_row(done_rows++);
    }
    const std::lock_guard lock(shelf);
    slabs[*place] = std::move(*begun).finish();
    older = 1 - *place;
    place.reset();
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

bool is_near(std::size_t last_axis, std::int64_t last, std::size_t axis, std::int64_t index) {
    return last_axis == axis && std::abs(index - last) <= kNear;
}

SlicePrefetch::SlicePrefetch(const Volume& volume) : impl_(std::make_unique<Impl>(volume)) {}

SlicePrefetch::~SlicePrefetch() = default;

void SlicePrefetch::pause() {
    impl_->paused.store(true, std::memory_order_relaxed);
}

void SlicePrefetch::go_on(std::size_t axis, std::int64_t index) {
    Target& last = impl_->latest;
    const int direction = last.axis != axis || last.index == index ? 0 : index > last.index ? 1 : -1;
    last = {axis, index, direction == 0 ? last.direction : direction, is_near(last.axis, last.index, axis, index)};
    if (impl_->all_there(last)) return;
    {
        const std::unique_lock lock(impl_->mutex, std::try_to_lock);
        if (!lock) return;
        impl_->target = last;
        ++impl_->asked;
        impl_->paused.store(false, std::memory_order_relaxed);
    }
    impl_->changed.notify_all();
}

SlicePrefetch::Found SlicePrefetch::find(std::size_t axis, std::int64_t index) const {
    const std::unique_lock lock(impl_->shelf, std::try_to_lock);
    if (!lock) return {};
    for (const Slab& slab : impl_->slabs)
        if (slab.has(axis, index)) return {slab.volume, index - slab.first};
    return {};
}

SlicePrefetch::Found SlicePrefetch::gather(std::size_t axis, std::int64_t index, Crew& crew) {
    Impl& own = *impl_;
    const std::int64_t depth = slab_depth(own.volume, axis);
    if (depth < 2) return {};
    if (Found found = find(axis, index); found.volume) return found;
    std::size_t place = 0;
    {
        Slab gone;
        const std::unique_lock lock(own.shelf, std::try_to_lock);
        if (!lock) return {};
        place = own.place ? 1 - *own.place : own.older;
        std::swap(gone, own.slabs[place]);
    }
    const std::int64_t first = index / depth * depth;
    SlabMaker maker(own.volume, axis, first, std::min(depth, own.volume.axes[axis].size - first));
    constexpr std::int64_t kRows = 16;  // done at once
    crew.each(static_cast<std::size_t>((maker.rows() + kRows - 1) / kRows), [&](std::size_t part) {
        const std::int64_t begin = static_cast<std::int64_t>(part) * kRows;
        for (std::int64_t row = begin; row < std::min(begin + kRows, maker.rows()); ++row) maker.copy_row(row);
    });
    const Slab slab = std::move(maker).finish();
    const std::unique_lock lock(own.shelf, std::try_to_lock);
    // The thread may have begun to make one there meanwhile.
    if (lock && own.place != place) {
        own.slabs[place] = slab;
        own.older = 1 - place;
    }
    return {slab.volume, index - first};
}

void SlicePrefetch::settle() {
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait(lock, [&] { return impl_->paused || impl_->done == impl_->asked; });
}

}  // namespace framepipe
