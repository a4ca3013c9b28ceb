#include "text/canvas.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace framepipe {
namespace {

/// n / 255, rounded, for n up to 255 * 255.
unsigned by_255(unsigned n) {
    n += 128;
    return (n + (n >> 8)) >> 8;
}

/// One pixel of alpha `a` over another, both straight.
void over(std::uint8_t* to, unsigned r, unsigned g, unsigned b, unsigned a) {
    const unsigned below = to[3];
    if (a == 255 || below == 0) {
        to[0] = static_cast<std::uint8_t>(r);
        to[1] = static_cast<std::uint8_t>(g);
        to[2] = static_cast<std::uint8_t>(b);
        to[3] = static_cast<std::uint8_t>(a);
    } else if (below == 255) {
        const unsigned rest = 255 - a;
        to[0] = static_cast<std::uint8_t>(by_255(r * a + to[0] * rest));
        to[1] = static_cast<std::uint8_t>(by_255(g * a + to[1] * rest));
        to[2] = static_cast<std::uint8_t>(by_255(b * a + to[2] * rest));
    } else {
        const unsigned left = by_255(below * (255 - a));
        const unsigned all = a + left;
        const auto mix = [&](unsigned upper, unsigned lower) {
            return static_cast<std::uint8_t>((upper * a + lower * left + all / 2) / all);
        };
        to[0] = mix(r, to[0]);
        to[1] = mix(g, to[1]);
        to[2] = mix(b, to[2]);
        to[3] = static_cast<std::uint8_t>(all);
    }
}

/// A row of coverage in one colour. Most of it is 0 or 255.
void coverage_row(std::uint8_t* to, const std::uint8_t* coverage, int n, Rgba colour) {
    const auto pixel = [&](std::uint8_t* at, unsigned a) {
        if (a != 0) over(at, colour.r, colour.g, colour.b, colour.a == 255 ? a : by_255(a * colour.a));
    };
    int i = 0;
    for (; i + 8 <= n; i += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, coverage + i, 8);
        if (eight == 0) continue;
        for (int k = 0; k < 8; ++k) pixel(to + 4 * (i + k), coverage[i + k]);
    }
    for (; i < n; ++i) pixel(to + 4 * i, coverage[i]);
}

void fill_pixels(std::uint8_t* to, std::size_t n, Rgba colour) {
    if (colour.r == colour.g && colour.g == colour.b && colour.b == colour.a) {
        std::memset(to, colour.a, 4 * n);
        return;
    }
    const std::uint8_t bytes[4] = {colour.r, colour.g, colour.b, colour.a};
    for (std::size_t i = 0; i < n; ++i) std::memcpy(to + 4 * i, bytes, 4);
}

}  // namespace

Rect united(const Rect& a, const Rect& b) {
    if (a.empty()) return b;
    if (b.empty()) return a;
    return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right), std::max(a.bottom, b.bottom)};
}

Rect common(const Rect& a, const Rect& b) {
    return {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right), std::min(a.bottom, b.bottom)};
}

Mask::Mask(const Rect& area) : area_(area) {
    if (area_.empty()) area_ = {};
    bytes_.resize(static_cast<std::size_t>(area_.width()) * static_cast<std::size_t>(area_.height()));
}

void Mask::add(const GlyphImage& glyph, int x, int y) {
    const Rect rect = common({x, y, x + glyph.width, y + glyph.height}, area_);
    if (rect.empty()) return;
    const int step = glyph.colour ? 4 : 1;
    for (int line = rect.top; line < rect.bottom; ++line) {
        const std::uint8_t* from =
            &glyph.pixels[static_cast<std::size_t>(step) * static_cast<std::size_t>((line - y) * glyph.width + rect.left - x)];
        std::uint8_t* to = row(line) + (rect.left - area_.left);
        for (int i = 0; i < rect.width(); ++i) to[i] = std::max(to[i], from[step * i + step - 1]);
    }
}

void Mask::add(const Rect& rect) {
    const Rect inside = common(rect, area_);
    if (inside.empty()) return;
    for (int line = inside.top; line < inside.bottom; ++line) {
        std::memset(row(line) + (inside.left - area_.left), 255, static_cast<std::size_t>(inside.width()));
    }
}

void Mask::blur(unsigned radius) {
    // Two means over r/2 to each side reach as far as one over r.
    const int each = static_cast<int>((radius + 1) / 2);
    if (each == 0 || area_.empty()) return;
    blur_once(each);
    blur_once(each);
}

void Mask::blur_once(int radius) {
    const int width = area_.width(), height = area_.height();
    const unsigned window = 2 * static_cast<unsigned>(radius) + 1;
    std::vector<std::uint8_t> line(static_cast<std::size_t>(std::max(width, height)));
    const auto pass = [&](std::uint8_t* first, int n, int step) {
        for (int i = 0; i < n; ++i) line[static_cast<std::size_t>(i)] = first[static_cast<std::ptrdiff_t>(i) * step];
        unsigned sum = 0;
        for (int i = 0; i < std::min(radius, n); ++i) sum += line[static_cast<std::size_t>(i)];
        for (int i = 0; i < n; ++i) {
            if (i + radius < n) sum += line[static_cast<std::size_t>(i + radius)];
            if (i > radius) sum -= line[static_cast<std::size_t>(i - radius - 1)];
            first[static_cast<std::ptrdiff_t>(i) * step] = static_cast<std::uint8_t>((sum + window / 2) / window);
        }
    };
    for (int y = 0; y < height; ++y) pass(&bytes_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width)], width, 1);
    for (int x = 0; x < width; ++x) pass(&bytes_[static_cast<std::size_t>(x)], height, width);
}

void Canvas::begin(Extent extent, Rgba background) {
    const std::size_t row_pixels = extent.width;
    const bool same = block_ && block_.use_count() == 1 && extent == extent_ && background == background_;
    if (same) {
        if (touched_bottom_ > touched_top_)
            fill_pixels(row(touched_top_), row_pixels * static_cast<std::size_t>(touched_bottom_ - touched_top_), background);
    } else {
        const std::size_t size = 4 * row_pixels * extent.height;
        // Memory that is much too large is given back.
        if (block_ && block_.use_count() == 1 && block_->capacity() / 4 <= size) {
            block_->resize(0);
            block_->resize(size);
        } else {
            block_ = std::make_shared<Block>(size);
        }
        extent_ = extent;
        background_ = background;
        fill_pixels(row(0), row_pixels * extent.height, background);
    }
    touched_top_ = static_cast<int>(extent.height);
    touched_bottom_ = 0;
}

std::uint8_t* Canvas::row(int y) {
    return reinterpret_cast<std::uint8_t*>(block_->data()) + std::size_t{4} * extent_.width * static_cast<std::size_t>(y);
}

void Canvas::touch(const Rect& rect) {
    touched_top_ = std::min(touched_top_, rect.top);
    touched_bottom_ = std::max(touched_bottom_, rect.bottom);
}

void Canvas::fill(const Rect& rect, Rgba colour) {
    const Rect inside = common(rect, whole());
    if (inside.empty() || colour.a == 0) return;
    touch(inside);
    for (int y = inside.top; y < inside.bottom; ++y) {
        std::uint8_t* to = row(y) + 4 * inside.left;
        if (colour.a == 255) {
            fill_pixels(to, static_cast<std::size_t>(inside.width()), colour);
        } else {
            for (int i = 0; i < inside.width(); ++i) over(to + 4 * i, colour.r, colour.g, colour.b, colour.a);
        }
    }
}

void Canvas::draw(const GlyphImage& glyph, int x, int y, Rgba colour) {
    const Rect inside = common({x, y, x + glyph.width, y + glyph.height}, whole());
    if (inside.empty() || colour.a == 0) return;
    touch(inside);
    for (int line = inside.top; line < inside.bottom; ++line) {
        std::uint8_t* to = row(line) + 4 * inside.left;
        const std::size_t first = static_cast<std::size_t>((line - y) * glyph.width + inside.left - x);
        if (!glyph.colour) {
            coverage_row(to, &glyph.pixels[first], inside.width(), colour);
            continue;
        }
        const std::uint8_t* from = &glyph.pixels[4 * first];
        for (int i = 0; i < inside.width(); ++i, from += 4, to += 4) {
            if (from[3] != 0) over(to, from[0], from[1], from[2], by_255(unsigned{from[3]} * colour.a));
        }
    }
}

void Canvas::draw(const Mask& mask, int x, int y, Rgba colour) {
    const Rect inside = common(mask.area().moved(x, y), whole());
    if (inside.empty() || colour.a == 0) return;
    touch(inside);
    for (int line = inside.top; line < inside.bottom; ++line) {
        coverage_row(row(line) + 4 * inside.left, mask.row(line - y) + (inside.left - x - mask.area().left), inside.width(), colour);
    }
}

Bytes Canvas::share() {
    return {block_, block_->span()};
}

}  // namespace framepipe
