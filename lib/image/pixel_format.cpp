#include "image/pixel_format.hpp"

#include <fmt/format.h>

#include "frame/error.hpp"

namespace framepipe {
namespace {

// A side beyond this is no picture, and sizes stay far below 2^64.
constexpr std::int64_t kMaxSide = 1 << 28;

constexpr std::array kFormats{
    PixelFormat::rgb24,    PixelFormat::bgr24,   PixelFormat::rgba,     PixelFormat::bgra,    PixelFormat::gray,
    PixelFormat::gray16le, PixelFormat::rgb48le, PixelFormat::rgba64le, PixelFormat::yuyv422, PixelFormat::yuv420p,
    PixelFormat::yuv422p,  PixelFormat::yuv444p, PixelFormat::nv12,
};

std::size_t half_up(std::size_t n) {
    return n / 2 + n % 2;
}

}  // namespace

std::string_view name_of(PixelFormat format) {
    switch (format) {
        case PixelFormat::rgb24:
            return "rgb24";
        case PixelFormat::bgr24:
            return "bgr24";
        case PixelFormat::rgba:
            return "rgba";
        case PixelFormat::bgra:
            return "bgra";
        case PixelFormat::gray:
            return "gray";
        case PixelFormat::gray16le:
            return "gray16le";
        case PixelFormat::rgb48le:
            return "rgb48le";
        case PixelFormat::rgba64le:
            return "rgba64le";
        case PixelFormat::yuyv422:
            return "yuyv422";
        case PixelFormat::yuv420p:
            return "yuv420p";
        case PixelFormat::yuv422p:
            return "yuv422p";
        case PixelFormat::yuv444p:
            return "yuv444p";
        case PixelFormat::nv12:
            return "nv12";
    }
    return {};
}

std::optional<PixelFormat> pixel_format(std::string_view name) {
    for (PixelFormat format : kFormats) {
        if (name_of(format) == name) return format;
    }
    return {};
}

std::span<const PixelFormat> all_pixel_formats() {
    return kFormats;
}

bool is_yuv(PixelFormat format) {
    return format >= PixelFormat::yuyv422;
}

bool has_alpha(PixelFormat format) {
    return format == PixelFormat::rgba || format == PixelFormat::bgra || format == PixelFormat::rgba64le;
}

bool is_deep(PixelFormat format) {
    return format == PixelFormat::gray16le || format == PixelFormat::rgb48le || format == PixelFormat::rgba64le;
}

std::array<Plane, 3> planes_of(PixelFormat format, Extent extent) {
    const std::size_t w = extent.width;
    const std::uint32_t h = extent.height;
    const auto chroma_rows = static_cast<std::uint32_t>(half_up(h));
    const auto packed = [&](std::size_t stride) { return std::array<Plane, 3>{Plane{0, stride, h}, Plane{}, Plane{}}; };
    const auto planar = [&](std::size_t stride, std::uint32_t rows) {
        return std::array<Plane, 3>{Plane{0, w, h}, Plane{w * h, stride, rows}, Plane{w * h + stride * rows, stride, rows}};
    };
    switch (format) {
        case PixelFormat::rgb24:
        case PixelFormat::bgr24:
            return packed(3 * w);
        case PixelFormat::rgba:
        case PixelFormat::bgra:
            return packed(4 * w);
        case PixelFormat::gray:
            return packed(w);
        case PixelFormat::gray16le:
            return packed(2 * w);
        case PixelFormat::rgb48le:
            return packed(6 * w);
        case PixelFormat::rgba64le:
            return packed(8 * w);
        case PixelFormat::yuyv422:
            return packed(4 * half_up(w));
        case PixelFormat::yuv420p:
            return planar(half_up(w), chroma_rows);
        case PixelFormat::yuv422p:
            return planar(half_up(w), h);
        case PixelFormat::yuv444p:
            return planar(w, h);
        case PixelFormat::nv12:
            return {Plane{0, w, h}, Plane{w * h, 2 * half_up(w), chroma_rows}, Plane{}};
    }
    return {};
}

std::uint64_t picture_size(PixelFormat format, Extent extent) {
    std::uint64_t size = 0;
    for (const Plane& plane : planes_of(format, extent)) size += static_cast<std::uint64_t>(plane.stride) * plane.rows;
    return size;
}

ImageView raw_view(const Frame& frame) {
    const Header& header = frame.header;
    if (!header.is_raw()) throw Error(fmt::format("cannot take {} as pixels", header.type()));
    const std::string name = header.format();
    const std::optional<PixelFormat> format = pixel_format(name);
    if (!format) {
        throw Error(name.empty() ? std::string("cannot take pixels without a format: the header names none")
                                 : fmt::format("cannot take pixels of format '{}': unknown", name));
    }
    const std::int64_t width = header.width();
    const std::int64_t height = header.height();
    if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
        throw Error(fmt::format("cannot take pixels of {}x{}: not the size of a picture", width, height));
    }
    const Extent extent{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
    const std::uint64_t size = picture_size(*format, extent);
    if (size != frame.payload.size()) {
        throw Error(
            fmt::format("cannot take pixels: the payload has {} bytes, {}x{} {} is {}", frame.payload.size(), width, height, name, size));
    }
    const auto member = [&](const char* key, std::string_view usual, std::string_view other) {
        const std::string value = header.string(key).value_or(std::string(usual));
        if (value != usual && value != other) {
            throw Error(fmt::format("cannot take pixels of {} '{}': neither {} nor {}", key, value, usual, other));
        }
        return value == other;
    };
    ImageView view{*format, extent, Range::limited, Matrix::bt601, frame.payload.span()};
    if (is_yuv(*format)) {
        if (member("range", "limited", "full")) view.range = Range::full;
        if (member("matrix", "bt601", "bt709")) view.matrix = Matrix::bt709;
    }
    return view;
}

void describe_raw(Header& header, const ImageView& image) {
    header.set("type", "image/x-raw");
    header.set("format", name_of(image.format));
    header.set("width", static_cast<std::int64_t>(image.extent.width));
    header.set("height", static_cast<std::int64_t>(image.extent.height));
    if (is_yuv(image.format)) {
        header.set("range", image.range == Range::full ? "full" : "limited");
        header.set("matrix", image.matrix == Matrix::bt709 ? "bt709" : "bt601");
    } else {
        header.erase("range");
        header.erase("matrix");
    }
}

}  // namespace framepipe
