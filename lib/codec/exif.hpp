// What a camera says of its picture.
#pragma once

#include <cstddef>
#include <span>

#include "image/turn.hpp"

namespace framepipe {

/// marker   the content of a JPEG's APP1 segment, without its length
/// returns  how the picture has to be turned; top_left if this is no EXIF data, says nothing, or is damaged,
///          since a picture on its side is better than none
/// source   CIPA DC-008 (EXIF 2.32), tag 0x0112 of the first directory
Orientation exif_orientation(std::span<const std::byte> marker);

}  // namespace framepipe
