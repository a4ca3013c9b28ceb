#include "volume/survey.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "volume/numbers.hpp"

namespace framepipe {
namespace {

constexpr std::int64_t kWholeVoxels = 1 << 23;
constexpr std::int64_t kSampledVoxels = 1 << 19;
constexpr std::int64_t kFewestStretches = 256, kMostStretches = 4096;
constexpr std::int64_t kStretchBytes = 4096;
/// Numbers of more than 16 bits that are kept to be ordered.
constexpr std::int64_t kMostKept = 1 << 19;
constexpr double kLowPart = 0.02, kHighPart = 0.98;

/// Voxels that follow each other along one axis.
struct Stretch {
    const std::byte* first;
    std::int64_t count;
};

/// Where to look: stretches along the axis whose voxels lie closest.
class Places {
public:
    explicit Places(const Volume& volume) : volume_(volume) {
        for (std::size_t axis = 1; axis < 3; ++axis) {
            const VoxelAxis &candidate = volume.axes[axis], &best = volume.axes[along_];
            if (candidate.size > 1 && (best.size == 1 || std::abs(candidate.stride) < std::abs(best.stride))) along_ = axis;
        }
        const std::int64_t length = volume.axes[along_].size;
        lines_ = volume.axes[other(0)].size * volume.axes[other(1)].size;
        whole_ = lines_ <= kWholeVoxels / length;
        const auto voxel = static_cast<std::int64_t>(size_of(volume.type)) * volume.channels;
        count_ = whole_ ? length : std::min(length, std::max<std::int64_t>(16, kStretchBytes / voxel));
        stretches_ = whole_ ? lines_ : std::min(lines_, std::clamp(kSampledVoxels / count_, kFewestStretches, kMostStretches));
    }

    bool whole() const { return whole_; }
    std::int64_t stretches() const { return stretches_; }
    std::int64_t voxels() const { return stretches_ * count_; }
    std::ptrdiff_t stride() const { return volume_.axes[along_].stride; }

    Stretch operator[](std::int64_t number) const {
        std::int64_t line = number, start = 0;
        if (!whole_) {
            // Each stretch lies somewhere else in its share of the lines, and in its line: steps by the golden ratio, and
            // by what is that in two dimensions, fall in with no period that the voxels could have.
            constexpr double kStep = 0.6180339887498949, kOtherStep = 0.7548776662466927;
            const double in_share = std::fmod(static_cast<double>(number) * kStep, 1);
            const double place = (static_cast<double>(number) + in_share) / static_cast<double>(stretches_);
            line = std::min(lines_ - 1, static_cast<std::int64_t>(place * static_cast<double>(lines_)));
            const std::int64_t room = volume_.axes[along_].size - count_ + 1;
            start = static_cast<std::int64_t>(std::fmod(static_cast<double>(number) * kOtherStep, 1) * static_cast<double>(room));
        }
        const VoxelAxis &outer = volume_.axes[other(0)], &inner = volume_.axes[other(1)];
        return {volume_.first + line / inner.size * outer.stride + line % inner.size * inner.stride + start * stride(), count_};
    }

    /// Asks the system to bring all pages at once, where they come from a disk.
    void announce() const {
        if (whole_) return;
        const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
        for (std::int64_t i = 0; i < stretches_; ++i) {
            const Stretch stretch = (*this)[i];
            const auto one = reinterpret_cast<std::uintptr_t>(stretch.first);
            const auto two = reinterpret_cast<std::uintptr_t>(stretch.first + (stretch.count - 1) * stride());
            const std::uintptr_t begin = std::min(one, two) / page * page;
            ::madvise(reinterpret_cast<void*>(begin), std::max(one, two) + 1 - begin, MADV_WILLNEED);
        }
    }

private:
    /// The axes besides the one that stretches lie along.
    std::size_t other(std::size_t number) const { return number < along_ ? number : number + 1; }

    const Volume& volume_;
    std::size_t along_ = 0;
    std::int64_t lines_ = 0, count_ = 0, stretches_ = 0;
    bool whole_ = true;
};

template <typename T, bool swapped, typename Take>
void visit(const Volume& volume, const Places& places, Take take) {
    const int channels = std::min(volume.channels, 3);
    for (std::int64_t i = 0; i < places.stretches(); ++i) {
        const Stretch stretch = places[i];
        for (int c = 0; c < channels; ++c) {
            const std::byte* at = stretch.first + c * volume.channel_stride;
            for (std::int64_t k = 0; k < stretch.count; ++k, at += places.stride()) take(stored_number<T, swapped>(at));
        }
    }
}

/// What was found, as stored numbers. `low` and `high` are percentiles.
struct Found {
    bool any = false;
    bool finite = true;  // all of them
    double least = 0, greatest = 0, low = 0, high = 0;
};

/// The two places in an ordered row that a percentile lies between, and how far it is from the first.
struct Place {
    std::uint64_t below;
    double part;
};
Place place_of(double part, std::uint64_t count) {
    const double at = part * static_cast<double>(count - 1);
    const auto below = std::min(count - 1, static_cast<std::uint64_t>(at));
    return {below, at - static_cast<double>(below)};
}

double between(double a, double b, double part) {
    return a + (b - a) * part;
}

/// Numbers of up to 16 bits are counted each for itself.
template <typename T, bool swapped>
Found count_all(const Volume& volume, const Places& places) {
    using Bits = BitsOf<sizeof(T)>;
    std::vector<std::uint64_t> counts(std::size_t{1} << (8 * sizeof(T)));
    visit<T, swapped>(volume, places, [&](T number) { ++counts[std::bit_cast<Bits>(number)]; });
    struct Counted {
        double number;
        std::uint64_t count;
    };
    std::vector<Counted> order;
    std::uint64_t count = 0;
    bool finite = true;
    for (std::size_t bits = 0; bits < counts.size(); ++bits) {
        const auto number = static_cast<double>(std::bit_cast<T>(static_cast<Bits>(bits)));
        if (counts[bits] == 0) continue;
        if (!std::isfinite(number)) {
            finite = false;
            continue;
        }
        order.push_back({number, counts[bits]});
        count += counts[bits];
    }
    if (order.empty()) return {false, finite, 0, 0, 0, 0};
    std::sort(order.begin(), order.end(), [](const Counted& a, const Counted& b) { return a.number < b.number; });
    const auto nth = [&](std::uint64_t n) {
        std::size_t i = 0;
        while (n >= order[i].count) n -= order[i++].count;
        return order[i].number;
    };
    const auto percentile = [&](double part) {
        const Place place = place_of(part, count);
        return between(nth(place.below), nth(std::min(place.below + 1, count - 1)), place.part);
    };
    return {true, finite, order.front().number, order.back().number, percentile(kLowPart), percentile(kHighPart)};
}

/// Others are kept, every so many of them, and ordered as far as need be.
template <typename T, bool swapped>
Found keep_some(const Volume& volume, const Places& places) {
    const std::int64_t all = places.voxels() * std::min(volume.channels, 3);
    // A number without divisors falls in with no period of the voxels.
    const std::int64_t step = all <= kMostKept * 2 ? 1 : all / kMostKept | 1;
    Found found{false, true, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 0, 0};
    std::vector<double> kept;
    kept.reserve(static_cast<std::size_t>(all / step + 1));
    std::int64_t next = 0;
    visit<T, swapped>(volume, places, [&](T stored) {
        const auto number = static_cast<double>(stored);
        if (!std::isfinite(number)) {
            found.finite = false;
            return;
        }
        found.least = std::min(found.least, number);
        found.greatest = std::max(found.greatest, number);
        if (next-- > 0) return;
        next = step - 1;
        kept.push_back(number);
    });
    if (kept.empty()) return {false, found.finite, 0, 0, 0, 0};
    found.any = true;
    const auto percentile = [&](double part) {
        const Place place = place_of(part, kept.size());
        const auto below = kept.begin() + static_cast<std::ptrdiff_t>(place.below);
        std::nth_element(kept.begin(), below, kept.end());
        const double above = below + 1 == kept.end() ? *below : *std::min_element(below + 1, kept.end());
        return between(*below, above, place.part);
    };
    found.low = percentile(kLowPart);
    found.high = percentile(kHighPart);
    return found;
}

std::optional<ValueRange> range_of(double a, double b) {
    if (!std::isfinite(b - a) || a == b) return std::nullopt;
    return ValueRange{std::min(a, b), std::max(a, b)};
}

}  // namespace

Survey survey(const Volume& volume) {
    const Places places(volume);
    places.announce();
    const Found found = with_numbers(volume.type, volume.big_endian, [&]<typename T, bool swapped>() {
        if constexpr (sizeof(T) <= 2)
            return count_all<T, swapped>(volume, places);
        else
            return keep_some<T, swapped>(volume, places);
    });
    const auto value = [&](double number) { return number * volume.slope + volume.intercept; };
    Survey result;
    result.whole = places.whole();
    result.finite = found.finite;
    result.full = {0, 1};
    if (found.any) {
        const double one = value(found.least), other = value(found.greatest);
        result.extremes = {std::min(one, other), std::max(one, other)};
        if (const auto full = range_of(one, other))
            result.full = *full;
        else if (const auto from_zero = range_of(0, one))
            result.full = *from_zero;
    }
    const auto middle = range_of(value(found.low), value(found.high));
    result.middle = found.any && middle ? *middle : result.full;
    return result;
}

}  // namespace framepipe
