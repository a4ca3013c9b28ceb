#include "image/colour.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "frame/error.hpp"

namespace framepipe {
namespace {

struct Named {
    std::string_view name;
    Rgb colour;
};

constexpr Named kNames[] = {
    {"aqua", {0, 255, 255}},    {"black", {0, 0, 0}},      {"blue", {0, 0, 255}},       {"fuchsia", {255, 0, 255}},
    {"gray", {128, 128, 128}},  {"green", {0, 128, 0}},    {"grey", {128, 128, 128}},   {"lime", {0, 255, 0}},
    {"maroon", {128, 0, 0}},    {"navy", {0, 0, 128}},     {"olive", {128, 128, 0}},    {"orange", {255, 165, 0}},
    {"purple", {128, 0, 128}},  {"red", {255, 0, 0}},      {"silver", {192, 192, 192}}, {"teal", {0, 128, 128}},
    {"white", {255, 255, 255}}, {"yellow", {255, 255, 0}},
};

}  // namespace

Rgb parse_colour(std::string_view text) {
    const auto named = std::ranges::find(kNames, text, &Named::name);
    if (named != std::end(kNames)) return named->colour;
    if (text.starts_with('#') && (text.size() == 4 || text.size() == 7)) {
        unsigned value = 0;
        const auto [end, failure] = std::from_chars(text.data() + 1, text.data() + text.size(), value, 16);
        if (failure == std::errc() && end == text.data() + text.size()) {
            const auto channel = [&](int index) {
                return static_cast<std::uint8_t>(text.size() == 4 ? ((value >> (4 * index)) & 15) * 17 : (value >> (8 * index)) & 255);
            };
            return {channel(2), channel(1), channel(0)};
        }
    }
    throw UsageError(fmt::format("'{}' is no colour: '#rrggbb', '#rgb' or a name such as white, black or red", text));
}

}  // namespace framepipe
