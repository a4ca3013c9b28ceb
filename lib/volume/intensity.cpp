#include "volume/intensity.hpp"

#include <cstring>
#include <limits>

#include "volume/numbers.hpp"

namespace framepipe {
namespace {

template <typename Level>
constexpr double kTop = std::numeric_limits<Level>::max();

/// The order of the comparisons makes NaN 0.
template <typename Level>
Level cut(double level) {
    level = level > 0 ? level : 0;
    level = level < kTop<Level> ? level : kTop<Level>;
    return static_cast<Level>(static_cast<std::int32_t>(level));
}

template <typename Bits, typename Level>
void look_up(const std::byte* numbers, std::size_t count, const Level* table, Level* levels) {
    for (std::size_t i = 0; i < count; ++i) {
        Bits bits;
        std::memcpy(&bits, numbers + i * sizeof bits, sizeof bits);
        levels[i] = table[bits];
    }
}

}  // namespace

template <typename Level>
template <typename T>
Level LevelMap<Level>::level(T number) const {
    const Level level = cut<Level>(static_cast<double>(number) * factor_ + offset_);
    return intensity_.invert ? static_cast<Level>(std::numeric_limits<Level>::max() - level) : level;
}

template <typename Level>
LevelMap<Level>::LevelMap(const Intensity& intensity) : intensity_(intensity) {
    const double scale = kTop<Level> / intensity.range.window();
    factor_ = intensity.slope * scale;
    offset_ = (intensity.intercept - intensity.range.least) * scale + 0.5;  // rounds
    identity_ = sizeof(Level) == 1 && intensity.type == VoxelType::uint8 && factor_ == 1 && offset_ == 0.5 && !intensity.invert;
    if (size_of(intensity.type) > 2) return;
    table_.resize(std::size_t{1} << (8 * size_of(intensity.type)));
    with_numbers(intensity.type, intensity.big_endian, [&]<typename T, bool swapped>() {
        if constexpr (sizeof(T) <= 2) {
            for (std::size_t i = 0; i < table_.size(); ++i) {
                const auto bits = static_cast<BitsOf<sizeof(T)>>(i);
                table_[swapped ? swapped_bytes(bits) : bits] = level(std::bit_cast<T>(bits));
            }
        }
    });
}

template <typename Level>
void LevelMap<Level>::operator()(const std::byte* numbers, std::size_t count, Level* levels) const {
    if (identity_) {
        std::memcpy(levels, numbers, count);
        return;
    }
    if (table_.size() == 256) return look_up<std::uint8_t>(numbers, count, table_.data(), levels);
    if (!table_.empty()) return look_up<std::uint16_t>(numbers, count, table_.data(), levels);
    with_numbers(intensity_.type, intensity_.big_endian, [&]<typename T, bool swapped>() {
        const double factor = factor_, offset = offset_;
        const Level flip = intensity_.invert ? std::numeric_limits<Level>::max() : 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto number = static_cast<double>(stored_number<T, swapped>(numbers + i * sizeof(T)));
            levels[i] = static_cast<Level>(cut<Level>(number * factor + offset) ^ flip);
        }
    });
}

template class LevelMap<std::uint8_t>;
template class LevelMap<std::uint16_t>;

}  // namespace framepipe
