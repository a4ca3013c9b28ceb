// Small pictures for tests.
#pragma once

#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <vector>

#include "image/convert.hpp"
#include "image/pixel_format.hpp"

namespace framepipe_test {

inline std::uint8_t byte_at(const framepipe::Image& image, std::size_t index) {
    return static_cast<std::uint8_t>(image.pixels.data()[index]);
}

/// A picture with exactly these bytes.
inline framepipe::Image picture(framepipe::PixelFormat format, framepipe::Extent extent, std::initializer_list<int> bytes,
                                framepipe::Range range = framepipe::Range::limited, framepipe::Matrix matrix = framepipe::Matrix::bt601) {
    framepipe::Image image{format, extent, range, matrix, framepipe::Block(bytes.size())};
    std::size_t i = 0;
    for (int value : bytes) image.pixels.data()[i++] = static_cast<std::byte>(value);
    return image;
}

/// rgb24 of one colour.
inline framepipe::Image flat(framepipe::Extent extent, framepipe::Rgb colour) {
    framepipe::Image image{framepipe::PixelFormat::rgb24, extent, {}, {}, framepipe::Block(std::size_t{3} * extent.width * extent.height)};
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels.data()[i] = static_cast<std::byte>(colour[i % 3]);
    return image;
}

inline std::vector<int> values(const framepipe::Image& image) {
    std::vector<int> all;
    for (std::size_t i = 0; i < image.pixels.size(); ++i) all.push_back(byte_at(image, i));
    return all;
}

/// The largest difference of two bytes; 1000 if the sizes differ.
inline int worst_difference(const framepipe::Image& a, const framepipe::Image& b) {
    if (a.pixels.size() != b.pixels.size()) return 1000;
    int worst = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) worst = std::max(worst, std::abs(byte_at(a, i) - byte_at(b, i)));
    return worst;
}

}  // namespace framepipe_test
