#include "volume/colormap.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>

#include "frame/error.hpp"
#include "volume/colormap_knots.hpp"

namespace framepipe {
namespace {

using Colour = std::array<double, 3>;

constexpr std::array<std::string_view, 9> kNames{"gray", "viridis", "inferno", "magma", "plasma", "cividis", "turbo", "bone", "hot"};
constexpr std::size_t kLevels = 256;
constexpr std::size_t kMostColours = 65536;
constexpr std::uintmax_t kLargestFile = 16 << 20;

/// Catmull-Rom through the knots, with straight ends.
double spline(std::span<const Knot> knots, std::size_t channel, double place) {
    const double at = place * static_cast<double>(knots.size() - 1);
    const auto i = std::min(static_cast<std::size_t>(at), knots.size() - 2);
    const double u = at - static_cast<double>(i);
    const auto knot = [&](std::size_t k) -> double { return knots[k][channel]; };
    const double b = knot(i), c = knot(i + 1);
    const double a = i == 0 ? 2 * b - c : knot(i - 1);
    const double d = i + 2 == knots.size() ? 2 * c - b : knot(i + 2);
    return 0.5 * (2 * b + u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * b - a - 3 * c + d))));
}

/// Straight from `from` at place `begin` to 1 at place `end`, and flat outside.
double ramp(double place, double begin, double end, double from = 0) {
    return from + (1 - from) * std::clamp((place - begin) / (end - begin), 0.0, 1.0);
}

// The classic maps of 64 levels: the first channel rises over 24 of them, then the second, then the third over 16.
constexpr double kFirstEnd = 23.0 / 63, kSecondEnd = 47.0 / 63;

Colour hot(double place) {
    return {ramp(place, 0, kFirstEnd, 1.0 / 24), ramp(place, kFirstEnd, kSecondEnd), ramp(place, kSecondEnd, 1)};
}

/// Seven parts of gray and one of hot with its channels the other way round, which begins with nothing here.
Colour bone(double place) {
    const double rising[3] = {ramp(place, kSecondEnd, 1), ramp(place, kFirstEnd, kSecondEnd), ramp(place, 0, kFirstEnd)};
    return {(7 * place + rising[0]) / 8, (7 * place + rising[1]) / 8, (7 * place + rising[2]) / 8};
}

/// The numbers of a line; nullopt: it has something else than three of them.
std::optional<Colour> colour_of(std::string_view line) {
    Colour colour{};
    constexpr std::string_view kBlanks = " \t\r,;";
    for (std::size_t c = 0; c <= 3; ++c) {
        const std::size_t begin = line.find_first_not_of(kBlanks);
        line.remove_prefix(std::min(begin, line.size()));
        if (c == 3) break;
        const auto [end, failed] = std::from_chars(line.data(), line.data() + line.size(), colour[c]);
        if (failed != std::errc() || !(colour[c] >= 0 && colour[c] <= 255)) return std::nullopt;
        line.remove_prefix(static_cast<std::size_t>(end - line.data()));
        if (!line.empty() && kBlanks.find(line.front()) == std::string_view::npos) return std::nullopt;
    }
    return line.empty() ? std::optional(colour) : std::nullopt;
}

}  // namespace

std::span<const std::string_view> colormap_names() {
    return kNames;
}

Colormap Colormap::named(std::string_view name) {
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end())
        throw Error(fmt::format("'{}' is no colour map: it is one of {}", std::string(name.substr(0, 40)), fmt::join(kNames, ", ")));
    Colormap map;
    map.name_ = name;
    if (name == "gray") return map;
    map.colours_.resize(kLevels);
    for (std::size_t i = 0; i < kLevels; ++i) {
        const double place = static_cast<double>(i) / (kLevels - 1);
        Colour& colour = map.colours_[i];
        if (name == "hot") colour = hot(place);
        if (name == "bone") colour = bone(place);
        for (const KnottedColormap& knotted : kKnottedColormaps) {
            if (knotted.name != name) continue;
            for (std::size_t c = 0; c < 3; ++c) colour[c] = std::clamp(spline(knotted.knots, c, place) / 255, 0.0, 1.0);
        }
    }
    return map;
}

Colormap Colormap::from_file(const std::filesystem::path& path) {
    const auto refuse = [&](const std::string& why) { throw Error(fmt::format("cannot read the colour map {}: {}", path.string(), why)); };
    errno = 0;
    std::ifstream file(path);
    std::error_code failed;
    if (!file) throw SystemError(fmt::format("cannot open the colour map {}", path.string()), errno);
    if (const auto size = std::filesystem::file_size(path, failed); !failed && size > kLargestFile) refuse("it is no text of colours");
    Colormap map;
    map.name_ = path.filename().string();
    std::string line;
    bool point = false;
    double most = 0;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        line.resize(std::min(line.find('#'), line.size()));
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const auto colour = colour_of(line);
        if (!colour) refuse(fmt::format("line {} is not red, green and blue from 0 to 255, or from 0 to 1", number));
        if (map.colours_.size() == kMostColours) refuse(fmt::format("it has more than {} colours", kMostColours));
        point = point || line.find('.') != std::string::npos;
        most = std::max({most, (*colour)[0], (*colour)[1], (*colour)[2]});
        map.colours_.push_back(*colour);
    }
    if (map.colours_.size() < 2) refuse("it has fewer than 2 colours");
    const double scale = point && most <= 1 ? 1 : 255;
    for (Colour& colour : map.colours_)
        for (double& part : colour) part /= scale;
    return map;
}

std::array<double, 3> Colormap::at(double place) const {
    if (is_gray()) return {place, place, place};
    const double at = std::clamp(place, 0.0, 1.0) * static_cast<double>(colours_.size() - 1);
    const auto i = std::min(static_cast<std::size_t>(at), colours_.size() - 2);
    const double part = at - static_cast<double>(i);
    Colour colour;
    for (std::size_t c = 0; c < 3; ++c) colour[c] = colours_[i][c] + part * (colours_[i + 1][c] - colours_[i][c]);
    return colour;
}

template <typename Level>
Palette<Level>::Palette(const Colormap& colormap) : colours_(std::size_t{std::numeric_limits<Level>::max()} + 1) {
    constexpr double kTop = std::numeric_limits<Level>::max();
    for (std::size_t i = 0; i < colours_.size(); ++i) {
        const Colour colour = colormap.at(static_cast<double>(i) / kTop);
        for (std::size_t c = 0; c < 3; ++c) colours_[i][c] = static_cast<Level>(colour[c] * kTop + 0.5);
    }
}

template <typename Level>
void Palette<Level>::operator()(const Level* levels, std::size_t count, Level* rgb) const {
    for (std::size_t i = 0; i < count; ++i, rgb += 3) {
        const std::array<Level, 3>& colour = colours_[levels[i]];
        rgb[0] = colour[0];
        rgb[1] = colour[1];
        rgb[2] = colour[2];
    }
}

template class Palette<std::uint8_t>;
template class Palette<std::uint16_t>;

}  // namespace framepipe
