// Rows of luma and chroma of a picture, however its bytes lie, in numbers of the kind asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "image/pixel_format.hpp"
#include "image/yuv_map.hpp"

namespace framepipe {

/// Gives the rows of a YUV or gray picture one by one. Where nothing is to be done to them they are
/// pointers into the picture, else they are made in memory that the caller brings: a picture is never
/// copied whole, and the rows are still in the cache when they are used.
class YuvRows {
public:
    /// image   YUV or `gray` (which is luma of full range); outlives this
    /// kind    the numbers wanted
    YuvRows(const ImageView& image, YuvKind kind);

    std::uint32_t width() const { return extent_.width; }
    std::uint32_t height() const { return extent_.height; }
    /// Size of the chroma planes; 0 x 0 for gray.
    std::uint32_t chroma_width() const { return chroma_.width; }
    std::uint32_t chroma_height() const { return chroma_.height; }

    struct Chroma {
        const std::uint8_t* u;
        const std::uint8_t* v;
    };
    /// Luma of row `y`, `width()` samples; `memory` has room for one more than these.
    const std::uint8_t* luma(std::uint32_t y, std::uint8_t* memory);
    /// Chroma of chroma row `y`, `chroma_width()` samples each.
    Chroma chroma(std::uint32_t y, std::uint8_t* memory_u, std::uint8_t* memory_v);

private:
    const std::uint8_t* stored_luma(std::uint32_t y, std::uint8_t* memory) const;
    Chroma stored_chroma(std::uint32_t y, std::uint8_t* memory_u, std::uint8_t* memory_v) const;

    PixelFormat format_;
    Extent extent_;
    Extent chroma_;
    std::array<Plane, 3> planes_;
    const std::uint8_t* bytes_;
    YuvMap map_;
    std::unique_ptr<std::uint8_t[]> mixing_;  // two rows of chroma, where luma depends on it
};

}  // namespace framepipe
