#include "image/resample.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace framepipe {
namespace {

/// What one sample of the scaled row is made of: source samples from `first` on, times weights whose sum is 1.
struct Part {
    std::size_t first = 0;
    std::size_t count = 0;
    std::size_t weights = 0;  // where they begin among those of all parts
};

struct Parts {
    std::vector<Part> parts;
    std::vector<float> weights;
};

Parts parts_of(std::uint32_t from, std::uint32_t to) {
    const double step = static_cast<double>(from) / to;
    Parts all;
    all.parts.resize(to);
    for (std::uint32_t i = 0; i < to; ++i) {
        Part& part = all.parts[i];
        // Shrinking, a sample is the mean over `step` source samples; growing, it lies between two of them.
        const double reach = std::max(step, 1.0);
        const double center = (i + 0.5) * step;
        const double begin = std::max(0.0, center - reach / 2), end = std::min(static_cast<double>(from), center + reach / 2);
        part.first = static_cast<std::size_t>(begin);
        part.weights = all.weights.size();
        double sum = 0;
        for (std::size_t k = part.first; k < from && static_cast<double>(k) < end; ++k) {
            const double weight = std::min(end, static_cast<double>(k) + 1) - std::max(begin, static_cast<double>(k));
            all.weights.push_back(static_cast<float>(weight));
            sum += weight;
        }
        part.count = all.weights.size() - part.weights;
        for (std::size_t k = part.weights; k < all.weights.size(); ++k) all.weights[k] /= static_cast<float>(sum);
    }
    return all;
}

/// The weighted sum of whole rows.
template <typename Sample>
void mix_rows(const Sample* rows, std::size_t row_size, const Part& part, const float* weights, float* out) {
    const Sample* row = rows + part.first * row_size;
    for (std::size_t i = 0; i < row_size; ++i) out[i] = weights[0] * static_cast<float>(row[i]);
    for (std::size_t k = 1; k < part.count; ++k) {
        row += row_size;
        for (std::size_t i = 0; i < row_size; ++i) out[i] += weights[k] * static_cast<float>(row[i]);
    }
}

template <unsigned channels, typename Sample>
void mix_columns(const float* row, const Parts& across, Sample* out) {
    for (const Part& part : across.parts) {
        const float* weights = &across.weights[part.weights];
        const float* from = row + channels * part.first;
        float sums[channels];
        std::fill_n(sums, channels, 0.5F);  // rounds
        for (std::size_t k = 0; k < part.count; ++k)
            for (unsigned c = 0; c < channels; ++c) sums[c] += weights[k] * *from++;
        for (unsigned c = 0; c < channels; ++c) *out++ = static_cast<Sample>(sums[c]);
    }
}

/// Rows first: these sums go through memory in order, and what is left for the columns is small where pictures shrink.
template <unsigned channels, typename Sample>
void scale(const Sample* samples, Extent extent, Sample* out, Extent size) {
    const Parts across = parts_of(extent.width, size.width), down = parts_of(extent.height, size.height);
    const std::size_t row_size = std::size_t{channels} * extent.width;
    std::vector<float> row(row_size);
    for (const Part& part : down.parts) {
        mix_rows(samples, row_size, part, &down.weights[part.weights], row.data());
        mix_columns<channels>(row.data(), across, out);
        out += std::size_t{channels} * size.width;
    }
}

template <typename Sample>
void scale_any(const Sample* samples, Extent extent, unsigned channels, Sample* out, Extent size) {
    switch (channels) {
        case 1:
            return scale<1>(samples, extent, out, size);
        case 2:
            return scale<2>(samples, extent, out, size);
        case 3:
            return scale<3>(samples, extent, out, size);
        default:
            return scale<4>(samples, extent, out, size);
    }
}

}  // namespace

void resample(const std::uint8_t* samples, Extent extent, unsigned channels, std::uint8_t* out, Extent size) {
    scale_any(samples, extent, channels, out, size);
}

void resample(const std::uint16_t* samples, Extent extent, unsigned channels, std::uint16_t* out, Extent size) {
    scale_any(samples, extent, channels, out, size);
}

}  // namespace framepipe
