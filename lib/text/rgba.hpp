// Colours with alpha, as CSS writes them.
#pragma once

#include <cstdint>
#include <string_view>

namespace framepipe {

/// Straight (not premultiplied) alpha.
struct Rgba {
    std::uint8_t r = 0, g = 0, b = 0, a = 255;
    friend bool operator==(const Rgba&, const Rgba&) = default;
};
inline constexpr Rgba kBlack{0, 0, 0, 255};
inline constexpr Rgba kOpaqueWhite{255, 255, 255, 255};
inline constexpr Rgba kTransparent{0, 0, 0, 0};

/// CSS's named colours in any case, "#rgb", "#rgba", "#rrggbb", "#rrggbbaa"; "none" and "transparent".
/// source  CSS Color Module Level 4, 6.1 and 5.2
/// throws  UsageError
Rgba parse_rgba(std::string_view text);

}  // namespace framepipe
