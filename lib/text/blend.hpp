// A picture with alpha laid over a picture in any pixel format.
#pragma once

#include "image/pixel_format.hpp"
#include "text/canvas.hpp"

namespace framepipe {

/// Lays `patch` (rgba, straight alpha) over `image`, in its own numbers: YUV's range and matrix are kept, chroma
/// that pixels share gets the mean of what they do to it. Only the rows and columns under the patch are read and
/// written; what lies outside the image is left out.
/// x, y  where the patch's top left corner lies
void blend(Image& image, const ImageView& patch, int x, int y);

}  // namespace framepipe
