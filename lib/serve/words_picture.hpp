// Words as a picture, for viewers who can be shown nothing else.
#pragma once

#include <string_view>

#include "frame/frame.hpp"
#include "image/pixel_format.hpp"

namespace framepipe::serve {

/// A dark picture with a title and, below it, text: lines, broken where they are too long, as many as there
/// is room for. Letters that are not ASCII are boxes.
/// extent   the sides are made at least 320 x 180 and at most 1920 x 1080
/// returns  pixels, without a stream or a time
Frame words_picture(Extent extent, std::string_view title, std::string_view text);

}  // namespace framepipe::serve
