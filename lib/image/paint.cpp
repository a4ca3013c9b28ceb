#include "image/paint.hpp"

#include <algorithm>
#include <cstring>

#include "image/font.hpp"

namespace framepipe {

namespace {

/// The bytes of a pixel of a format whose pixels lie next to each other; 0: it has planes or pairs.
std::size_t packed_size(PixelFormat format) {
    switch (format) {
        case PixelFormat::gray:
            return 1;
        case PixelFormat::gray16le:
            return 2;
        case PixelFormat::rgb24:
        case PixelFormat::bgr24:
            return 3;
        case PixelFormat::rgba:
        case PixelFormat::bgra:
            return 4;
        case PixelFormat::rgb48le:
            return 6;
        case PixelFormat::rgba64le:
            return 8;
        default:
            return 0;
    }
}

struct Box {
    std::size_t x0, y0, x1, y1;
    /// The samples of a plane that has one for each `across` x `down` pixels.
    Box shrunk(std::size_t across, std::size_t down) const {
        return {x0 / across, y0 / down, (x1 + across - 1) / across, (y1 + down - 1) / down};
    }
};

/// Repeats `unit` over the columns of the first row, then copies that row to the others.
void fill_units(std::byte* plane, std::size_t stride, Box box, std::span<const std::byte> unit) {
    std::byte* first = plane + box.y0 * stride + box.x0 * unit.size();
    const std::size_t length = (box.x1 - box.x0) * unit.size();
    if (unit.size() == 1) {
        std::memset(first, std::to_integer<int>(unit[0]), length);
    } else {
        for (std::size_t at = 0; at < length; at += unit.size()) std::memcpy(first + at, unit.data(), unit.size());
    }
    for (std::size_t row = box.y0 + 1; row < box.y1; ++row) std::memcpy(first + (row - box.y0) * stride, first, length);
}

void fill_yuyv(std::byte* plane, std::size_t stride, Box box, const Ink& ink) {
    for (std::size_t row = box.y0; row < box.y1; ++row) {
        for (std::size_t x = box.x0; x < box.x1; ++x) {
            std::byte* pair = plane + row * stride + x / 2 * 4;
            pair[x % 2 * 2] = ink.y;
            pair[1] = ink.u;
            pair[3] = ink.v;
        }
    }
}

}  // namespace

Ink ink(PixelFormat format, Rgb colour) {
    std::array<std::byte, 12> rgb;
    for (std::size_t i = 0; i < rgb.size(); ++i) rgb[i] = static_cast<std::byte>(colour[i % 3]);
    const Extent two_by_two{2, 2};
    const Image image = convert(ImageView{PixelFormat::rgb24, two_by_two, {}, {}, rgb}, format);
    const auto planes = planes_of(format, two_by_two);
    const std::byte* bytes = image.pixels.data();
    Ink result;
    std::memcpy(result.pixel.data(), bytes, std::min(result.pixel.size(), image.pixels.size()));
    result.y = bytes[0];
    if (format == PixelFormat::yuyv422) {
        result.u = bytes[1];
        result.v = bytes[3];
    } else if (format == PixelFormat::nv12) {
        result.u = bytes[planes[1].offset];
        result.v = bytes[planes[1].offset + 1];
    } else if (is_yuv(format)) {
        result.u = bytes[planes[1].offset];
        result.v = bytes[planes[2].offset];
    }
    return result;
}

void fill(std::span<std::byte> picture, PixelFormat format, Extent extent, Rect rect, const Ink& ink) {
    const auto clamp_x = [&](std::int64_t x) { return static_cast<std::size_t>(std::clamp<std::int64_t>(x, 0, extent.width)); };
    const auto clamp_y = [&](std::int64_t y) { return static_cast<std::size_t>(std::clamp<std::int64_t>(y, 0, extent.height)); };
    const Box box{clamp_x(rect.x), clamp_y(rect.y), clamp_x(rect.x + rect.width), clamp_y(rect.y + rect.height)};
    if (box.x0 >= box.x1 || box.y0 >= box.y1) return;

    const auto planes = planes_of(format, extent);
    std::byte* bytes = picture.data();
    if (const std::size_t size = packed_size(format)) {
        fill_units(bytes, planes[0].stride, box, {ink.pixel.data(), size});
        return;
    }
    if (format == PixelFormat::yuyv422) {
        fill_yuyv(bytes, planes[0].stride, box, ink);
        return;
    }
    fill_units(bytes, planes[0].stride, box, {&ink.y, 1});
    const Box chroma =
        box.shrunk(format == PixelFormat::yuv444p ? 1 : 2, format == PixelFormat::yuv420p || format == PixelFormat::nv12 ? 2 : 1);
    if (format == PixelFormat::nv12) {
        const std::array<std::byte, 2> pair{ink.u, ink.v};
        fill_units(bytes + planes[1].offset, planes[1].stride, chroma, pair);
    } else {
        fill_units(bytes + planes[1].offset, planes[1].stride, chroma, {&ink.u, 1});
        fill_units(bytes + planes[2].offset, planes[2].stride, chroma, {&ink.v, 1});
    }
}

void write(std::span<std::byte> picture, PixelFormat format, Extent extent, std::string_view words, std::int64_t x, std::int64_t y,
           std::uint32_t scale, const Ink& ink) {
    for (const char letter : words) {
        const auto rows = glyph(letter);
        for (std::uint32_t row = 0; row < kGlyphHeight; ++row)
            for (std::uint32_t column = 0; column < kGlyphWidth; ++column)
                if (rows[row] >> (kGlyphWidth - 1 - column) & 1)
                    fill(picture, format, extent, {x + column * scale, y + row * scale, scale, scale}, ink);
        x += kGlyphAdvance * scale;
    }
}

}  // namespace framepipe
