// Pictures to and from YUV.
#pragma once

#include "image/convert.hpp"
#include "image/pixel_format.hpp"

namespace framepipe {

/// Fills `out`, which has its format, extent, range, matrix and memory, from YUV or `gray`.
void yuv_to_yuv(const ImageView& image, Image& out);

/// Fills `out`, which is YUV, from packed pixels. Chroma is that of the mean of the pixels that share it.
void packed_to_yuv(const ImageView& image, const Rgb& matte, Image& out);

/// Fills `out`, which is packed, from YUV.
void yuv_to_packed(const ImageView& image, Image& out);

}  // namespace framepipe
