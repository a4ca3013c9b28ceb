#include "text/blend.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

namespace framepipe {
namespace {

/// The part of the patch that lies in the image.
struct Covered {
    Rect rect;  // in the image
    const std::uint8_t* patch;
    std::size_t patch_width;
    int x, y;

    const std::uint8_t* at(int column, int line) const {
        return patch + 4 * (static_cast<std::size_t>(line - y) * patch_width + static_cast<std::size_t>(column - x));
    }
};

std::uint8_t mixed(unsigned below, unsigned above, unsigned a) {
    return static_cast<std::uint8_t>((below * (255 - a) + above * a + 127) / 255);
}

/// Rec. 601, as gray is everywhere here.
unsigned gray_of(const std::uint8_t* rgb) {
    return (19595U * rgb[0] + 38470U * rgb[1] + 7471U * rgb[2] + 32768U) >> 16;
}

std::uint8_t* bytes_of(Image& image) {
    return reinterpret_cast<std::uint8_t*>(image.pixels.data());
}

/// Formats of 8 bits a channel. kRed, kBlue: where they stand.
template <int kChannels, int kRed, int kBlue>
void blend_rgb(Image& image, const Covered& covered) {
    for (int line = covered.rect.top; line < covered.rect.bottom; ++line) {
        std::uint8_t* to = bytes_of(image) + kChannels * (std::size_t{image.extent.width} * static_cast<std::size_t>(line) +
                                                          static_cast<std::size_t>(covered.rect.left));
        const std::uint8_t* from = covered.at(covered.rect.left, line);
        for (int i = 0; i < covered.rect.width(); ++i, from += 4, to += kChannels) {
            const unsigned a = from[3];
            if (a == 0) continue;
            if constexpr (kChannels == 4) {
                if (to[3] != 255) {
                    const unsigned left = to[3] * (255 - a), all = 255 * a + left;
                    const auto mix = [&](int channel, unsigned above) {
                        to[channel] = static_cast<std::uint8_t>((255 * a * above + left * to[channel] + all / 2) / all);
                    };
                    mix(kRed, from[0]);
                    mix(1, from[1]);
                    mix(kBlue, from[2]);
                    to[3] = static_cast<std::uint8_t>((all + 127) / 255);
                    continue;
                }
            }
            to[kRed] = mixed(to[kRed], from[0], a);
            to[1] = mixed(to[1], from[1], a);
            to[kBlue] = mixed(to[kBlue], from[2], a);
        }
    }
}

void blend_gray(Image& image, const Covered& covered) {
    for (int line = covered.rect.top; line < covered.rect.bottom; ++line) {
        std::uint8_t* to = bytes_of(image) + std::size_t{image.extent.width} * static_cast<std::size_t>(line) +
                           static_cast<std::size_t>(covered.rect.left);
        const std::uint8_t* from = covered.at(covered.rect.left, line);
        for (int i = 0; i < covered.rect.width(); ++i, from += 4, ++to) {
            if (from[3] != 0) *to = mixed(*to, gray_of(from), from[3]);
        }
    }
}

/// 16 bits a channel, the low byte first. One channel is gray.
template <int kChannels>
void blend_deep(Image& image, const Covered& covered) {
    const auto read = [](const std::uint8_t* at) { return std::uint64_t{at[0]} | std::uint64_t{at[1]} << 8; };
    const auto write = [](std::uint8_t* at, std::uint64_t value) {
        at[0] = static_cast<std::uint8_t>(value);
        at[1] = static_cast<std::uint8_t>(value >> 8);
    };
    for (int line = covered.rect.top; line < covered.rect.bottom; ++line) {
        std::uint8_t* to = bytes_of(image) + 2 * kChannels *
                                                 (std::size_t{image.extent.width} * static_cast<std::size_t>(line) +
                                                  static_cast<std::size_t>(covered.rect.left));
        const std::uint8_t* from = covered.at(covered.rect.left, line);
        for (int i = 0; i < covered.rect.width(); ++i, from += 4, to += 2 * kChannels) {
            const std::uint64_t a = from[3];
            if (a == 0) continue;
            std::uint64_t left = 65535 * (255 - a);  // what remains of below, of 65535 * 255 in all
            if constexpr (kChannels == 4) left = read(to + 6) * (255 - a);
            const std::uint64_t all = 65535 * a + left;
            if constexpr (kChannels == 1) {
                write(to, (65535 * a * 257 * gray_of(from) + left * read(to) + all / 2) / all);
            } else {
                for (int c = 0; c < 3; ++c) write(to + 2 * c, (65535 * a * 257 * from[c] + left * read(to + 2 * c) + all / 2) / all);
            }
            if constexpr (kChannels == 4) write(to + 6, (all + 127) / 255);
        }
    }
}

struct Yuv {
    unsigned y = 0, u = 0, v = 0;
};

/// Colours in YUV of one kind. Text has few of them, so the last one is often asked for again.
class YuvColours {
public:
    YuvColours(Range range, Matrix matrix) : limited_(range == Range::limited) {
        red_ = matrix == Matrix::bt709 ? 0.2126 : 0.299;
        blue_ = matrix == Matrix::bt709 ? 0.0722 : 0.114;
        colour_ = make(rgb_);
    }
    const Yuv& operator()(const std::uint8_t* rgb) {
        if (!std::equal(rgb_, rgb_ + 3, rgb)) {
            std::copy_n(rgb, 3, rgb_);
            colour_ = make(rgb);
        }
        return colour_;
    }

private:
    Yuv make(const std::uint8_t* rgb) const {
        const double luma = red_ * rgb[0] + (1 - red_ - blue_) * rgb[1] + blue_ * rgb[2];
        const double u = (rgb[2] - luma) / (2 * (1 - blue_)), v = (rgb[0] - luma) / (2 * (1 - red_));
        const double scale = limited_ ? 224.0 / 255 : 1;
        const auto byte = [](double value) { return static_cast<unsigned>(std::clamp(std::lround(value), 0L, 255L)); };
        return {byte(limited_ ? 16 + luma * 219 / 255 : luma), byte(128 + u * scale), byte(128 + v * scale)};
    }

    bool limited_;
    double red_, blue_;
    std::uint8_t rgb_[3] = {0, 0, 0};
    Yuv colour_;
};

/// Where the samples of a YUV picture lie.
struct Samples {
    std::uint8_t *y, *u, *v;
    std::size_t y_stride, y_step, chroma_stride, chroma_step;
    int across, down;  // pixels that share a sample of chroma
};

Samples samples_of(Image& image) {
    const auto planes = planes_of(image.format, image.extent);
    std::uint8_t* bytes = bytes_of(image);
    switch (image.format) {
        case PixelFormat::yuyv422:
            return {bytes, bytes + 1, bytes + 3, planes[0].stride, 2, planes[0].stride, 4, 2, 1};
        case PixelFormat::nv12:
            return {bytes, bytes + planes[1].offset, bytes + planes[1].offset + 1, planes[0].stride, 1, planes[1].stride, 2, 2, 2};
        default:
            break;
    }
    const int across = image.format == PixelFormat::yuv444p ? 1 : 2, down = image.format == PixelFormat::yuv420p ? 2 : 1;
    return {bytes, bytes + planes[1].offset, bytes + planes[2].offset, planes[0].stride, 1, planes[1].stride, 1, across, down};
}

void blend_yuv(Image& image, const Covered& covered) {
    const Samples samples = samples_of(image);
    YuvColours colours(image.range, image.matrix);
    const Rect& rect = covered.rect;
    for (int line = rect.top; line < rect.bottom; ++line) {
        const std::uint8_t* from = covered.at(rect.left, line);
        std::uint8_t* to =
            samples.y + samples.y_stride * static_cast<std::size_t>(line) + samples.y_step * static_cast<std::size_t>(rect.left);
        for (int i = 0; i < rect.width(); ++i, from += 4, to += samples.y_step) {
            if (from[3] != 0) *to = mixed(*to, colours(from).y, from[3]);
        }
    }
    const int width = static_cast<int>(image.extent.width), height = static_cast<int>(image.extent.height);
    for (int row = rect.top / samples.down; row * samples.down < rect.bottom; ++row) {
        for (int column = rect.left / samples.across; column * samples.across < rect.right; ++column) {
            const Rect cell = common({column * samples.across, row * samples.down, (column + 1) * samples.across, (row + 1) * samples.down},
                                     {0, 0, width, height});
            const Rect inside = common(cell, rect);
            unsigned alpha = 0, u = 0, v = 0;
            for (int y = inside.top; y < inside.bottom; ++y) {
                for (int x = inside.left; x < inside.right; ++x) {
                    const std::uint8_t* from = covered.at(x, y);
                    if (from[3] == 0) continue;
                    const Yuv& colour = colours(from);
                    alpha += from[3];
                    u += colour.u * from[3];
                    v += colour.v * from[3];
                }
            }
            if (alpha == 0) continue;
            const unsigned all = 255U * static_cast<unsigned>(cell.width() * cell.height());
            const std::size_t at =
                samples.chroma_stride * static_cast<std::size_t>(row) + samples.chroma_step * static_cast<std::size_t>(column);
            const auto mix = [&](std::uint8_t& below, unsigned above) {
                below = static_cast<std::uint8_t>((below * (all - alpha) + above + all / 2) / all);
            };
            mix(samples.u[at], u);
            mix(samples.v[at], v);
        }
    }
}

}  // namespace

void blend(Image& image, const ImageView& patch, int x, int y) {
    assert(patch.format == PixelFormat::rgba);
    const Rect rect = common({x, y, x + static_cast<int>(patch.extent.width), y + static_cast<int>(patch.extent.height)},
                             {0, 0, static_cast<int>(image.extent.width), static_cast<int>(image.extent.height)});
    if (rect.empty()) return;
    const Covered covered{rect, reinterpret_cast<const std::uint8_t*>(patch.bytes.data()), patch.extent.width, x, y};
    switch (image.format) {
        case PixelFormat::rgb24:
            return blend_rgb<3, 0, 2>(image, covered);
        case PixelFormat::bgr24:
            return blend_rgb<3, 2, 0>(image, covered);
        case PixelFormat::rgba:
            return blend_rgb<4, 0, 2>(image, covered);
        case PixelFormat::bgra:
            return blend_rgb<4, 2, 0>(image, covered);
        case PixelFormat::gray:
            return blend_gray(image, covered);
        case PixelFormat::gray16le:
            return blend_deep<1>(image, covered);
        case PixelFormat::rgb48le:
            return blend_deep<3>(image, covered);
        case PixelFormat::rgba64le:
            return blend_deep<4>(image, covered);
        default:
            return blend_yuv(image, covered);
    }
}

}  // namespace framepipe
