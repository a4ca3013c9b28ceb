// Pictures turned and mirrored.
#pragma once

#include "image/pixel_format.hpp"

namespace framepipe {

/// Where the first row and the first column of the stored pixels belong in the picture, as EXIF (and TIFF) number it.
enum class Orientation {
    top_left = 1,  // as stored
    top_right,     // mirrored
    bottom_right,  // half a turn
    bottom_left,
    left_top,   // from here on sides change places
    right_top,  // a quarter turn clockwise makes it upright
    right_bottom,
    left_bottom,  // a quarter turn counterclockwise
};

/// The picture upright. Packed pixels only (RGB in any order and depth, gray): chroma that is shared by
/// pixels cannot be turned without loss.
Image upright(const ImageView& stored, Orientation orientation);

}  // namespace framepipe
