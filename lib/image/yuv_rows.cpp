#include "image/yuv_rows.hpp"

#include <cassert>

namespace framepipe {
namespace {

Extent chroma_extent(PixelFormat format, Extent extent) {
    const Extent half{extent.width / 2 + extent.width % 2, extent.height / 2 + extent.height % 2};
    switch (format) {
        case PixelFormat::gray:
            return {};
        case PixelFormat::yuv444p:
            return extent;
        case PixelFormat::yuv422p:
        case PixelFormat::yuyv422:
            return {half.width, extent.height};
        default:
            return half;
    }
}

YuvKind kind_of(const ImageView& image, YuvKind wanted) {
    // Gray has no matrix, so the wanted one is right.
    return image.format == PixelFormat::gray ? YuvKind{Range::full, wanted.matrix} : YuvKind{image.range, image.matrix};
}

}  // namespace

YuvRows::YuvRows(const ImageView& image, YuvKind kind)
    : format_(image.format),
      extent_(image.extent),
      chroma_(chroma_extent(image.format, image.extent)),
      planes_(planes_of(image.format, image.extent)),
      bytes_(reinterpret_cast<const std::uint8_t*>(image.bytes.data())),
      map_(kind_of(image, kind), kind) {
    assert(is_yuv(format_) || format_ == PixelFormat::gray);
    if (map_.mixes()) mixing_ = std::make_unique<std::uint8_t[]>(2 * static_cast<std::size_t>(chroma_.width));
}

const std::uint8_t* YuvRows::stored_luma(std::uint32_t y, std::uint8_t* memory) const {
    const std::uint8_t* row = bytes_ + planes_[0].stride * y;
    if (format_ != PixelFormat::yuyv422) return row;
    const std::size_t n = chroma_.width * std::size_t{2};  // the row is whole pairs
    for (std::size_t i = 0; i < n; ++i) memory[i] = row[2 * i];
    return memory;
}

YuvRows::Chroma YuvRows::stored_chroma(std::uint32_t y, std::uint8_t* memory_u, std::uint8_t* memory_v) const {
    const std::size_t n = chroma_.width;
    if (format_ == PixelFormat::yuyv422) {
        const std::uint8_t* row = bytes_ + planes_[0].stride * y;
        for (std::size_t i = 0; i < n; ++i) {
            memory_u[i] = row[4 * i + 1];
            memory_v[i] = row[4 * i + 3];
        }
        return {memory_u, memory_v};
    }
    const std::uint8_t* row = bytes_ + planes_[1].offset + planes_[1].stride * y;
    if (format_ == PixelFormat::nv12) {
        for (std::size_t i = 0; i < n; ++i) {
            memory_u[i] = row[2 * i];
            memory_v[i] = row[2 * i + 1];
        }
        return {memory_u, memory_v};
    }
    return {row, bytes_ + planes_[2].offset + planes_[2].stride * y};
}

const std::uint8_t* YuvRows::luma(std::uint32_t y, std::uint8_t* memory) {
    const std::uint8_t* stored = stored_luma(y, memory);
    if (map_.identity()) return stored;
    if (map_.mixes()) {
        const std::uint32_t chroma_row = chroma_.height == extent_.height ? y : y / 2;
        const Chroma c = stored_chroma(chroma_row, mixing_.get(), mixing_.get() + chroma_.width);
        map_.luma(stored, c.u, c.v, chroma_.width == extent_.width && format_ == PixelFormat::yuv444p ? 1 : 2, memory, extent_.width);
    } else {
        map_.luma(stored, memory, extent_.width);
    }
    return memory;
}

YuvRows::Chroma YuvRows::chroma(std::uint32_t y, std::uint8_t* memory_u, std::uint8_t* memory_v) {
    const Chroma stored = stored_chroma(y, memory_u, memory_v);
    if (map_.identity()) return stored;
    map_.chroma(stored.u, stored.v, memory_u, memory_v, chroma_.width);
    return {memory_u, memory_v};
}

}  // namespace framepipe
