#include "text/scale_bitmap.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "image/resample.hpp"

namespace framepipe {
namespace {

void resize(GlyphImage& glyph, int width, int height) {
    const unsigned channels = glyph.colour ? 4 : 1;
    const Extent extent{static_cast<std::uint32_t>(glyph.width), static_cast<std::uint32_t>(glyph.height)};
    const Extent size{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
    std::vector<std::uint8_t> pixels(std::size_t{channels} * size.width * size.height);
    resample(glyph.pixels.data(), extent, channels, pixels.data(), size);
    glyph.pixels = std::move(pixels);
    glyph.width = width;
    glyph.height = height;
}

}  // namespace

GlyphImage scaled_bitmap(GlyphImage glyph, double scale) {
    if (glyph.pixels.empty()) return glyph;
    if (std::abs(scale - 1) > 1e-6) {
        resize(glyph, std::max(1, static_cast<int>(std::lround(glyph.width * scale))),
               std::max(1, static_cast<int>(std::lround(glyph.height * scale))));
        glyph.left = static_cast<int>(std::lround(glyph.left * scale));
        glyph.top = static_cast<int>(std::lround(glyph.top * scale));
    }
    if (!glyph.colour) return glyph;
    for (std::size_t i = 0; i < glyph.pixels.size(); i += 4) {
        std::uint8_t* pixel = &glyph.pixels[i];
        std::swap(pixel[0], pixel[2]);
        const unsigned a = pixel[3];
        if (a == 0 || a == 255) continue;
        for (int c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>(std::min(255U, (pixel[c] * 255U + a / 2) / a));
    }
    return glyph;
}

}  // namespace framepipe
