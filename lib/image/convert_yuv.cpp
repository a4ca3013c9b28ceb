#include "image/convert_yuv.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "image/packed.hpp"
#include "image/yuv_rows.hpp"

namespace framepipe {
namespace {

using Row = std::vector<std::uint8_t>;

// Puts rows where the layout of a picture has them.
class YuvTarget {
public:
    explicit YuvTarget(Image& image)
        : format_(image.format),
          width_(image.extent.width),
          height_(image.extent.height),
          planes_(planes_of(image.format, image.extent)),
          bytes_(reinterpret_cast<std::uint8_t*>(image.pixels.data())) {}

    std::uint32_t step_x() const { return format_ == PixelFormat::yuv444p ? 1 : 2; }
    std::uint32_t step_y() const { return format_ == PixelFormat::yuv420p || format_ == PixelFormat::nv12 ? 2 : 1; }
    std::uint32_t chroma_width() const { return (width_ + step_x() - 1) / step_x(); }
    std::uint32_t chroma_height() const { return (height_ + step_y() - 1) / step_y(); }

    void put_luma(std::uint32_t y, const std::uint8_t* luma) {
        std::uint8_t* row = bytes_ + planes_[0].stride * y;
        if (format_ != PixelFormat::yuyv422) {
            std::memcpy(row, luma, width_);
            return;
        }
        for (std::uint32_t x = 0; x < width_; ++x) row[2 * std::size_t{x}] = luma[x];
        if (width_ % 2) row[2 * std::size_t{width_}] = luma[width_ - 1];
    }

    void put_chroma(std::uint32_t y, const std::uint8_t* u, const std::uint8_t* v) {
        const std::size_t n = chroma_width();
        if (format_ == PixelFormat::yuyv422) {
            std::uint8_t* row = bytes_ + planes_[0].stride * y;
            for (std::size_t i = 0; i < n; ++i) {
                row[4 * i + 1] = u[i];
                row[4 * i + 3] = v[i];
            }
            return;
        }
        std::uint8_t* row = bytes_ + planes_[1].offset + planes_[1].stride * y;
        if (format_ == PixelFormat::nv12) {
            for (std::size_t i = 0; i < n; ++i) {
                row[2 * i] = u[i];
                row[2 * i + 1] = v[i];
            }
            return;
        }
        std::memcpy(row, u, n);
        std::memcpy(bytes_ + planes_[2].offset + planes_[2].stride * y, v, n);
    }

private:
    PixelFormat format_;
    std::uint32_t width_, height_;
    std::array<Plane, 3> planes_;
    std::uint8_t* bytes_;
};

// The mean of two rows of `n`, rounded.
void average_rows(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* out, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::uint8_t>((a[i] + b[i] + 1) >> 1);
}

// A row of `from` samples with half as many, as many or twice as many.
void fit_row(const std::uint8_t* in, std::size_t from, std::uint8_t* out, std::size_t to) {
    if (from == to) {
        std::memcpy(out, in, to);
    } else if (from > to) {
        for (std::size_t i = 0; i < from / 2; ++i) out[i] = static_cast<std::uint8_t>((in[2 * i] + in[2 * i + 1] + 1) >> 1);
        if (from % 2) out[to - 1] = in[from - 1];
    } else {
        for (std::size_t i = 0; i < to; ++i) out[i] = in[i / 2];
    }
}

// Adds to `sums` the r, g and b of each `step` pixels; the last pixel of an odd row counts twice.
void add_row(const std::uint8_t* rgb, std::size_t width, std::uint32_t step, std::uint16_t* sums) {
    if (step == 1) {
        for (std::size_t i = 0; i < 3 * width; ++i) sums[i] = static_cast<std::uint16_t>(sums[i] + rgb[i]);
        return;
    }
    for (std::size_t x = 0; x < width; x += 2, rgb += 6, sums += 3) {
        const std::size_t next = x + 1 < width ? 3 : 0;
        for (std::size_t c = 0; c < 3; ++c) sums[c] = static_cast<std::uint16_t>(sums[c] + rgb[c] + rgb[next + c]);
    }
}

}  // namespace

void yuv_to_yuv(const ImageView& image, Image& out) {
    YuvRows rows(image, {out.range, out.matrix});
    YuvTarget target(out);
    const std::size_t from = rows.chroma_width();
    const std::size_t to = target.chroma_width();
    Row luma(rows.width() + std::size_t{1}), u(from), v(from), u2(from), v2(from), fit_u(to), fit_v(to);
    for (std::uint32_t y = 0; y < rows.height(); ++y) target.put_luma(y, rows.luma(y, luma.data()));
    if (from == 0) {
        std::ranges::fill(fit_u, std::uint8_t{128});
        for (std::uint32_t y = 0; y < target.chroma_height(); ++y) target.put_chroma(y, fit_u.data(), fit_u.data());
        return;
    }
    const bool shrinks = target.chroma_height() < rows.chroma_height();
    const bool grows = target.chroma_height() > rows.chroma_height();
    for (std::uint32_t y = 0; y < target.chroma_height(); ++y) {
        YuvRows::Chroma c = rows.chroma(shrinks ? 2 * y : grows ? y / 2 : y, u.data(), v.data());
        if (shrinks && 2 * y + 1 < rows.chroma_height()) {
            const YuvRows::Chroma below = rows.chroma(2 * y + 1, u2.data(), v2.data());
            average_rows(c.u, below.u, u.data(), from);
            average_rows(c.v, below.v, v.data(), from);
            c = {u.data(), v.data()};
        }
        fit_row(c.u, from, fit_u.data(), to);
        fit_row(c.v, from, fit_v.data(), to);
        target.put_chroma(y, fit_u.data(), fit_v.data());
    }
}

void packed_to_yuv(const ImageView& image, const Rgb& matte, Image& out) {
    YuvTarget target(out);
    const YuvKind kind{out.range, out.matrix};
    const std::uint32_t width = image.extent.width;
    const std::uint32_t height = image.extent.height;
    const PackedRow to_rgb = packed_row(image.format, PixelFormat::rgb24);
    const auto* in = reinterpret_cast<const std::uint8_t*>(image.bytes.data());
    const std::size_t stride = planes_of(image.format, image.extent)[0].stride;
    Row rgb(3 * std::size_t{width}), luma(width), u(target.chroma_width()), v(target.chroma_width());
    std::vector<std::uint16_t> sums(3 * std::size_t{target.chroma_width()});
    for (std::uint32_t y = 0; y < height; y += target.step_y()) {
        std::ranges::fill(sums, std::uint16_t{0});
        for (std::uint32_t i = 0; i < target.step_y(); ++i) {
            if (y + i < height) {  // below the last row of an odd height, that row counts twice
                to_rgb(in + stride * (y + i), rgb.data(), width, matte);
                luma_from_rgb(kind, rgb.data(), luma.data(), width);
                target.put_luma(y + i, luma.data());
            }
            add_row(rgb.data(), width, target.step_x(), sums.data());
        }
        chroma_from_rgb(kind, sums.data(), target.step_x() * target.step_y(), u.data(), v.data(), u.size());
        target.put_chroma(y / target.step_y(), u.data(), v.data());
    }
}

void yuv_to_packed(const ImageView& image, Image& out) {
    const std::uint32_t width = image.extent.width;
    const std::size_t stride = planes_of(out.format, out.extent)[0].stride;
    auto* to = reinterpret_cast<std::uint8_t*>(out.pixels.data());
    Row luma(width + std::size_t{1});
    if (out.format == PixelFormat::gray || out.format == PixelFormat::gray16le) {
        YuvRows rows(image, {Range::full, Matrix::bt601});
        const PackedRow from_gray = packed_row(PixelFormat::gray, out.format);
        for (std::uint32_t y = 0; y < image.extent.height; ++y, to += stride) from_gray(rows.luma(y, luma.data()), to, width, kWhite);
        return;
    }
    const YuvKind kind{image.range, image.matrix};
    YuvRows rows(image, kind);
    const std::uint32_t step = image.format == PixelFormat::yuv444p ? 1 : 2;
    const std::uint32_t rows_a_chroma = image.format == PixelFormat::yuv420p || image.format == PixelFormat::nv12 ? 2 : 1;
    const PackedRow from_rgb = packed_row(PixelFormat::rgb24, out.format);
    Row u(rows.chroma_width()), v(rows.chroma_width()), rgb(3 * std::size_t{width});
    YuvRows::Chroma chroma{};
    for (std::uint32_t y = 0; y < image.extent.height; ++y, to += stride) {
        if (y % rows_a_chroma == 0) chroma = rows.chroma(y / rows_a_chroma, u.data(), v.data());
        std::uint8_t* row = out.format == PixelFormat::rgb24 ? to : rgb.data();
        rgb_from_yuv(kind, rows.luma(y, luma.data()), chroma.u, chroma.v, step, row, width);
        if (row != to) from_rgb(row, to, width, kWhite);
    }
}

}  // namespace framepipe
