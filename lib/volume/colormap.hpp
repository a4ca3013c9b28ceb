// Colours for levels.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace framepipe {

/// A row of colours from the darkest level to the highest.
class Colormap {
public:
    /// One of colormap_names(). Those of matplotlib come within 2 levels of 255 of the published ones.
    /// throws Error that names them
    static Colormap named(std::string_view name);

    /// From a text file: 2 to 65536 lines of red, green and blue, separated by blanks or commas, all from 0 to 255, or all
    /// from 0 to 1 with a point in at least one of them. Empty lines and what follows a # do not count.
    /// throws Error: it cannot be read, or a line is something else
    static Colormap from_file(const std::filesystem::path& path);

    const std::string& name() const { return name_; }
    /// Levels stay as they are.
    bool is_gray() const { return colours_.empty(); }

    /// Red, green and blue, 0 to 1, at `place` from 0 to 1.
    std::array<double, 3> at(double place) const;

private:
    std::string name_;
    /// Evenly spaced from place 0 to 1, between them straight lines; empty: gray.
    std::vector<std::array<double, 3>> colours_;
};

/// "gray" first.
std::span<const std::string_view> colormap_names();

/// Three samples, red first, for each level that there is.
template <typename Level>
class Palette {
public:
    explicit Palette(const Colormap& colormap);
    void operator()(const Level* levels, std::size_t count, Level* rgb) const;

private:
    std::vector<std::array<Level, 3>> colours_;
};

extern template class Palette<std::uint8_t>;
extern template class Palette<std::uint16_t>;

}  // namespace framepipe
