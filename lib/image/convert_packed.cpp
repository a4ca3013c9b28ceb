#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "image/packed.hpp"

namespace framepipe {
namespace {

// Where the channels of a format are, in samples; alpha -1: none.
struct Layout {
    int channels;
    int r, g, b, a;
    bool deep;
};

constexpr Layout layout_of(PixelFormat format) {
    switch (format) {
        case PixelFormat::rgb24:
            return {3, 0, 1, 2, -1, false};
        case PixelFormat::bgr24:
            return {3, 2, 1, 0, -1, false};
        case PixelFormat::rgba:
            return {4, 0, 1, 2, 3, false};
        case PixelFormat::bgra:
            return {4, 2, 1, 0, 3, false};
        case PixelFormat::gray:
            return {1, 0, 0, 0, -1, false};
        case PixelFormat::gray16le:
            return {1, 0, 0, 0, -1, true};
        case PixelFormat::rgb48le:
            return {3, 0, 1, 2, -1, true};
        default:
            return {4, 0, 1, 2, 3, true};
    }
}

constexpr std::size_t kPacked = 8;  // the formats before the first YUV one

template <bool Deep>
std::uint32_t load(const std::uint8_t* samples, int index) {
    if constexpr (Deep) {
        return samples[2 * index] | static_cast<std::uint32_t>(samples[2 * index + 1]) << 8;
    } else {
        return samples[index];
    }
}

template <bool Deep>
void store(std::uint8_t* samples, int index, std::uint32_t value) {
    if constexpr (Deep) {
        samples[2 * index] = static_cast<std::uint8_t>(value);
        samples[2 * index + 1] = static_cast<std::uint8_t>(value >> 8);
    } else {
        samples[index] = static_cast<std::uint8_t>(value);
    }
}

// value * alpha over matte, rounded; both of the same depth.
template <bool Deep>
std::uint32_t blend(std::uint32_t value, std::uint32_t matte, std::uint32_t alpha) {
    if constexpr (Deep) {
        const std::uint64_t sum = static_cast<std::uint64_t>(value) * alpha + static_cast<std::uint64_t>(matte) * (65535 - alpha);
        return static_cast<std::uint32_t>((sum + 32767) / 65535);
    } else {
        const std::uint32_t sum = value * alpha + matte * (255 - alpha) + 128;
        return (sum + (sum >> 8)) >> 8;  // exactly sum / 255, rounded
    }
}

template <bool From, bool To>
std::uint32_t rescale(std::uint32_t value) {
    if constexpr (From == To) return value;
    if constexpr (To) return value * 257;
    return (value * 255 + 32895) >> 16;  // value / 257, rounded
}

template <PixelFormat From, PixelFormat To>
void row(const std::uint8_t* from, std::uint8_t* to, std::size_t n, const Rgb& matte) {
    constexpr Layout in = layout_of(From);
    constexpr Layout out = layout_of(To);
    constexpr std::size_t in_size = in.channels * (in.deep ? 2 : 1);
    constexpr std::size_t out_size = out.channels * (out.deep ? 2 : 1);
    if constexpr (From == To) {
        std::memcpy(to, from, n * in_size);
        return;
    }
    const std::uint32_t scale = in.deep ? 257 : 1;
    const std::uint32_t mr = matte[0] * scale, mg = matte[1] * scale, mb = matte[2] * scale;
    for (std::size_t i = 0; i < n; ++i, from += in_size, to += out_size) {
        std::uint32_t r = load<in.deep>(from, in.r);
        std::uint32_t g = load<in.deep>(from, in.g);
        std::uint32_t b = load<in.deep>(from, in.b);
        std::uint32_t a = in.deep ? 65535 : 255;
        if constexpr (in.a >= 0) {
            a = load<in.deep>(from, in.a);
            if constexpr (out.a < 0) {
                r = blend<in.deep>(r, mr, a);
                g = blend<in.deep>(g, mg, a);
                b = blend<in.deep>(b, mb, a);
            }
        }
        if constexpr (out.channels == 1) {
            // BT.601 luma; the weights sum to 65536, so gray stays gray exactly.
            const std::uint32_t y = in.channels == 1 ? r : (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
            store<out.deep>(to, 0, rescale<in.deep, out.deep>(y));
        } else {
            store<out.deep>(to, out.r, rescale<in.deep, out.deep>(r));
            store<out.deep>(to, out.g, rescale<in.deep, out.deep>(g));
            store<out.deep>(to, out.b, rescale<in.deep, out.deep>(b));
            if constexpr (out.a >= 0) store<out.deep>(to, out.a, rescale<in.deep, out.deep>(a));
        }
    }
}

template <std::size_t... I>
constexpr std::array<PackedRow, kPacked * kPacked> make_table(std::index_sequence<I...>) {
    return {row<static_cast<PixelFormat>(I / kPacked), static_cast<PixelFormat>(I % kPacked)>...};
}

constexpr auto kTable = make_table(std::make_index_sequence<kPacked * kPacked>());

}  // namespace

PackedRow packed_row(PixelFormat from, PixelFormat to) {
    assert(!is_yuv(from) && !is_yuv(to));
    return kTable[static_cast<std::size_t>(from) * kPacked + static_cast<std::size_t>(to)];
}

bool all_opaque(const std::uint8_t* pixels, std::size_t n) {
    std::uint32_t all = ~0U;
    for (std::size_t i = 0; i < n; ++i) {
        std::uint32_t pixel;
        std::memcpy(&pixel, pixels + 4 * i, 4);
        all &= pixel;
    }
    constexpr int shift = std::endian::native == std::endian::little ? 24 : 0;
    return ((all >> shift) & 0xff) == 0xff;
}

void convert_packed(const ImageView& image, PixelFormat to, const Rgb& matte, std::uint8_t* out) {
    const PackedRow convert_row = packed_row(image.format, to);
    const auto* in = reinterpret_cast<const std::uint8_t*>(image.bytes.data());
    const std::size_t in_stride = planes_of(image.format, image.extent)[0].stride;
    const std::size_t out_stride = planes_of(to, image.extent)[0].stride;
    for (std::uint32_t y = 0; y < image.extent.height; ++y, in += in_stride, out += out_stride) {
        convert_row(in, out, image.extent.width, matte);
    }
}

}  // namespace framepipe
