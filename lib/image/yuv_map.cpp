#include "image/yuv_map.hpp"

#include <algorithm>
#include <cmath>

namespace framepipe {
namespace {

constexpr double kOne = 65536;

struct Weights {
    double r, b;
    double g() const { return 1 - r - b; }
};

constexpr Weights weights_of(Matrix matrix) {
    return matrix == Matrix::bt709 ? Weights{0.2126, 0.0722} : Weights{0.299, 0.114};
}

// Luma of 0 to 1 and chroma of -0.5 to 0.5 as numbers.
struct Scale {
    double zero, luma, chroma;
};

constexpr Scale scale_of(Range range) {
    return range == Range::full ? Scale{0, 255, 255} : Scale{16, 219, 224};
}

std::int32_t fixed(double value) {
    return static_cast<std::int32_t>(std::lround(value * kOne));
}

std::uint8_t byte(std::int32_t value) {
    return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

// Limited to full in arithmetic that compilers turn into vectors of 16 bits; with these constants
// the result is that of exact division and rounding for every byte (the tests try them all).
void expand_luma(const std::uint8_t* in, std::uint8_t* out, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        const auto v = static_cast<std::uint16_t>(std::clamp<std::uint8_t>(in[i], 16, 235) - 16);
        const auto more = static_cast<std::uint16_t>((static_cast<std::uint32_t>(static_cast<std::uint16_t>(v + 3)) * 10775U) >> 16);
        out[i] = static_cast<std::uint8_t>(v + more);
    }
}

void expand_chroma(const std::uint8_t* in, std::uint8_t* out, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        const auto v = static_cast<std::uint16_t>(std::clamp<std::uint8_t>(in[i], 16, 240) - 16);
        const auto more = static_cast<std::uint16_t>((static_cast<std::uint32_t>(static_cast<std::uint16_t>(4 * v + 29)) * 2267U) >> 16);
        // 16 becomes 1, so that what lies below is the only way to 0.
        out[i] = static_cast<std::uint8_t>(v + more - (in[i] < 16 ? 1 : 0));
    }
}

}  // namespace

YuvMap::YuvMap(YuvKind from, YuvKind to) : from_(from), to_(to) {
    const Scale in = scale_of(from.range);
    const Scale out = scale_of(to.range);
    for (int i = 0; i < 256; ++i) {
        luma_table_[i] = byte(static_cast<std::int32_t>(std::floor(out.zero + (i - in.zero) * out.luma / in.luma + 0.5)));
        chroma_table_[i] = byte(static_cast<std::int32_t>(std::floor(128 + (i - 128) * out.chroma / in.chroma + 0.5)));
    }
    // Through R'G'B': each of them is luma plus a share of chroma.
    const Weights f = weights_of(from.matrix);
    const Weights t = weights_of(to.matrix);
    const double r_v = 2 * (1 - f.r), b_u = 2 * (1 - f.b);
    const double g_u = -b_u * f.b / f.g(), g_v = -r_v * f.r / f.g();
    const double y_u = t.g() * g_u + t.b * b_u;  // what a unit of chroma adds to the new luma
    const double y_v = t.r * r_v + t.g() * g_v;
    const double l = out.luma / in.luma, lc = out.luma / in.chroma, c = out.chroma / in.chroma;
    ly_ = fixed(l);
    lu_ = fixed(lc * y_u);
    lv_ = fixed(lc * y_v);
    l_offset_ = fixed(out.zero + 0.5 - in.zero * l - 128 * lc * (y_u + y_v));
    const double u_scale = c / (2 * (1 - t.b)), v_scale = c / (2 * (1 - t.r));
    uu_ = fixed(u_scale * (b_u - y_u));
    uv_ = fixed(u_scale * -y_v);
    vu_ = fixed(v_scale * -y_u);
    vv_ = fixed(v_scale * (r_v - y_v));
    u_offset_ = fixed(128.5) - 128 * (uu_ + uv_);
    v_offset_ = fixed(128.5) - 128 * (vu_ + vv_);
}

void YuvMap::luma(const std::uint8_t* y, std::uint8_t* out, std::size_t n) const {
    if (identity()) {
        std::copy_n(y, y == out ? 0 : n, out);
    } else if (to_.range == Range::full) {
        expand_luma(y, out, n);
    } else {
        for (std::size_t i = 0; i < n; ++i) out[i] = luma_table_[y[i]];
    }
}

void YuvMap::luma(const std::uint8_t* y, const std::uint8_t* u, const std::uint8_t* v, std::size_t step, std::uint8_t* out,
                  std::size_t n) const {
    if (step == 1) {
        for (std::size_t i = 0; i < n; ++i) out[i] = byte((ly_ * y[i] + lu_ * u[i] + lv_ * v[i] + l_offset_) >> 16);
        return;
    }
    const std::size_t pairs = n / 2;
    for (std::size_t i = 0; i < pairs; ++i) {
        const std::int32_t shared = lu_ * u[i] + lv_ * v[i] + l_offset_;
        out[2 * i] = byte((ly_ * y[2 * i] + shared) >> 16);
        out[2 * i + 1] = byte((ly_ * y[2 * i + 1] + shared) >> 16);
    }
    if (n % 2) out[n - 1] = byte((ly_ * y[n - 1] + lu_ * u[pairs] + lv_ * v[pairs] + l_offset_) >> 16);
}

void YuvMap::chroma(const std::uint8_t* u, const std::uint8_t* v, std::uint8_t* out_u, std::uint8_t* out_v, std::size_t n) const {
    if (mixes()) {
        for (std::size_t i = 0; i < n; ++i) {
            const std::int32_t a = u[i], b = v[i];
            out_u[i] = byte((uu_ * a + uv_ * b + u_offset_) >> 16);
            out_v[i] = byte((vu_ * a + vv_ * b + v_offset_) >> 16);
        }
    } else if (identity()) {
        std::copy_n(u, u == out_u ? 0 : n, out_u);
        std::copy_n(v, v == out_v ? 0 : n, out_v);
    } else if (to_.range == Range::full) {
        expand_chroma(u, out_u, n);
        expand_chroma(v, out_v, n);
    } else {
        for (std::size_t i = 0; i < n; ++i) out_u[i] = chroma_table_[u[i]];
        for (std::size_t i = 0; i < n; ++i) out_v[i] = chroma_table_[v[i]];
    }
}

void rgb_from_yuv(YuvKind kind, const std::uint8_t* y, const std::uint8_t* u, const std::uint8_t* v, std::size_t step, std::uint8_t* rgb,
                  std::size_t n) {
    const Scale in = scale_of(kind.range);
    const Weights w = weights_of(kind.matrix);
    const std::int32_t luma = fixed(255 / in.luma);
    const std::int32_t zero = fixed(0.5 - in.zero * 255 / in.luma);
    const double c = 255 / in.chroma;
    const std::int32_t r_v = fixed(2 * (1 - w.r) * c), b_u = fixed(2 * (1 - w.b) * c);
    const std::int32_t g_u = fixed(-2 * (1 - w.b) * w.b / w.g() * c), g_v = fixed(-2 * (1 - w.r) * w.r / w.g() * c);
    for (std::size_t i = 0; i < n; ++i, rgb += 3) {
        const std::int32_t base = luma * y[i] + zero;
        const std::int32_t a = u[i / step] - 128, b = v[i / step] - 128;
        rgb[0] = byte((base + r_v * b) >> 16);
        rgb[1] = byte((base + g_u * a + g_v * b) >> 16);
        rgb[2] = byte((base + b_u * a) >> 16);
    }
}

void luma_from_rgb(YuvKind kind, const std::uint8_t* rgb, std::uint8_t* y, std::size_t n) {
    const Scale out = scale_of(kind.range);
    const Weights w = weights_of(kind.matrix);
    const double l = out.luma / 255;
    const std::int32_t r = fixed(w.r * l), b = fixed(w.b * l);
    const std::int32_t g = fixed(l) - r - b;  // so that white is white
    const std::int32_t offset = fixed(out.zero + 0.5);
    for (std::size_t i = 0; i < n; ++i, rgb += 3) y[i] = byte((r * rgb[0] + g * rgb[1] + b * rgb[2] + offset) >> 16);
}

void chroma_from_rgb(YuvKind kind, const std::uint16_t* sums, unsigned count, std::uint8_t* u, std::uint8_t* v, std::size_t n) {
    const Scale out = scale_of(kind.range);
    const Weights w = weights_of(kind.matrix);
    const double c = out.chroma / 255 / count;
    const std::int32_t u_r = fixed(-w.r / (2 * (1 - w.b)) * c), u_b = fixed(0.5 * c);
    const std::int32_t v_b = fixed(-w.b / (2 * (1 - w.r)) * c), v_r = fixed(0.5 * c);
    const std::int32_t u_g = -u_r - u_b, v_g = -v_r - v_b;  // so that gray has none
    const std::int32_t offset = fixed(128.5);
    for (std::size_t i = 0; i < n; ++i, sums += 3) {
        u[i] = byte((u_r * sums[0] + u_g * sums[1] + u_b * sums[2] + offset) >> 16);
        v[i] = byte((v_r * sums[0] + v_g * sums[1] + v_b * sums[2] + offset) >> 16);
    }
}

}  // namespace framepipe
