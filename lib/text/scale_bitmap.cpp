#include "text/scale_bitmap.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace framepipe {
namespace {

/// What one pixel of the scaled row is made of: weights of source pixels from `first` on, their sum is 1.
struct Part {
    int first = 0;
    std::vector<float> weights;
};

std::vector<Part> parts_of(int from, int to) {
    const double step = static_cast<double>(from) / to;
    std::vector<Part> parts(static_cast<std::size_t>(to));
    for (int i = 0; i < to; ++i) {
        Part& part = parts[static_cast<std::size_t>(i)];
        // Shrinking, a pixel is the mean over `step` source pixels; growing, it lies between two of them.
        const double reach = std::max(step, 1.0);
        const double center = (i + 0.5) * step;
        const double begin = std::max(0.0, center - reach / 2), end = std::min(static_cast<double>(from), center + reach / 2);
        part.first = static_cast<int>(begin);
        double sum = 0;
        for (int k = part.first; k < from && k < end; ++k) {
            const double weight = std::min(end, k + 1.0) - std::max(begin, static_cast<double>(k));
            part.weights.push_back(static_cast<float>(weight));
            sum += weight;
        }
        for (float& weight : part.weights) weight /= static_cast<float>(sum);
    }
    return parts;
}

void resize(GlyphImage& glyph, int width, int height) {
    const std::size_t channels = glyph.colour ? 4 : 1;
    const auto across = parts_of(glyph.width, width);
    const auto down = parts_of(glyph.height, height);
    std::vector<float> rows(channels * across.size() * static_cast<std::size_t>(glyph.height));
    float* sum = rows.data();
    for (int y = 0; y < glyph.height; ++y) {
        const std::uint8_t* row = &glyph.pixels[channels * static_cast<std::size_t>(y) * static_cast<std::size_t>(glyph.width)];
        for (const Part& part : across) {
            for (std::size_t c = 0; c < channels; ++c, ++sum) {
                for (std::size_t k = 0; k < part.weights.size(); ++k) {
                    *sum += part.weights[k] * row[channels * (static_cast<std::size_t>(part.first) + k) + c];
                }
            }
        }
    }
    const std::size_t row_size = channels * across.size();
    glyph.pixels.assign(row_size * down.size(), 0);
    for (std::size_t y = 0; y < down.size(); ++y) {
        for (std::size_t i = 0; i < row_size; ++i) {
            float value = 0.5F;
            for (std::size_t k = 0; k < down[y].weights.size(); ++k) {
                value += down[y].weights[k] * rows[(static_cast<std::size_t>(down[y].first) + k) * row_size + i];
            }
            glyph.pixels[y * row_size + i] = static_cast<std::uint8_t>(value);
        }
    }
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
