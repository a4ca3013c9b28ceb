// From a volume's numbers to levels of gray.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "volume/volume.hpp"

namespace framepipe {

/// The values that become black and white: least < greatest, both finite.
struct ValueRange {
    double least = 0, greatest = 1;
    double window() const { return greatest - least; }
    double level() const { return least + (greatest - least) / 2; }
    friend bool operator==(const ValueRange&, const ValueRange&) = default;
};

/// How numbers become levels.
struct Intensity {
    VoxelType type = VoxelType::uint8;
    bool big_endian = false;
    double slope = 1, intercept = 0;  // a value is number * slope + intercept
    ValueRange range;
    bool invert = false;
    friend bool operator==(const Intensity&, const Intensity&) = default;
};

/// Maps rows of numbers to levels: the range's lower end and all below it to 0, its upper end and all above it to the
/// highest level, linearly between them and rounded; NaN as what lies below. Inverted, the other way round. Numbers of
/// up to 16 bits, which a table answers for, take a step each.
///
/// Level  std::uint8_t (0 to 255) or std::uint16_t (0 to 65535)
template <typename Level>
class LevelMap {
public:
    explicit LevelMap(const Intensity& intensity);

    const Intensity& intensity() const { return intensity_; }

    /// `count` numbers that lie tight.
    void operator()(const std::byte* numbers, std::size_t count, Level* levels) const;

private:
    template <typename T>
    Level level(T number) const;

    Intensity intensity_;
    double factor_, offset_;    // a level is number * factor + offset, before it is cut and rounded down
    bool identity_ = false;     // levels are the numbers
    std::vector<Level> table_;  // by the number's bytes, as the machine reads them; empty: more than 16 bits
};

extern template class LevelMap<std::uint8_t>;
extern template class LevelMap<std::uint16_t>;

}  // namespace framepipe
