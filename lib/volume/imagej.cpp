#include "volume/imagej.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace framepipe {
namespace {

template <typename T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, result] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string unit_of(std::string_view text) {
    if (text == "micron" || text == "microns" || text == "um" || text == "\\u00B5m" || text == "\u00b5m" || text == "\xb5m") return "um";
    if (text == "pixel" || text == "pixels") return "";
    return std::string(text);
}

}  // namespace

std::optional<ImageJ> parse_imagej(std::string_view description) {
    if (!description.starts_with("ImageJ=")) return std::nullopt;
    ImageJ found;
    double min = 0, max = 0;
    std::optional<double> c0, c1;
    bool linear = false;
    while (!description.empty()) {
        const auto end = std::min(description.find('\n'), description.size());
        const std::string_view line = description.substr(0, end);
        description.remove_prefix(std::min(end + 1, description.size()));
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view key = line.substr(0, equals);
        const std::string_view value = line.substr(equals + 1);
        const auto count = [&](std::int64_t& into) { into = std::max<std::int64_t>(1, number<std::int64_t>(value).value_or(1)); };
        if (key == "images") count(found.images);
        if (key == "channels") count(found.channels);
        if (key == "slices") count(found.slices);
        if (key == "frames") count(found.frames);
        if (key == "spacing") found.spacing = std::fabs(number<double>(value).value_or(1));
        if (key == "unit") found.unit = unit_of(value);
        if (key == "min") min = number<double>(value).value_or(0);
        if (key == "max") max = number<double>(value).value_or(0);
        if (key == "cf") linear = value == "0";
        if (key == "c0") c0 = number<double>(value);
        if (key == "c1") c1 = number<double>(value);
    }
    if (!std::isfinite(found.spacing) || found.spacing == 0) found.spacing = 1;
    if (linear && c0 && c1 && std::isfinite(*c0) && std::isfinite(*c1) && *c1 != 0) {
        found.intercept = *c0;
        found.slope = *c1;
    }
    // ImageJ has its range in stored numbers.
    if (std::isfinite(min) && std::isfinite(max) && min < max) {
        const auto [low, high] = std::minmax({min * found.slope + found.intercept, max * found.slope + found.intercept});
        found.display_range = {low, high};
    }
    return found;
}

}  // namespace framepipe
