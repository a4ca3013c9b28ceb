// Whether a frame is what its header says.
#pragma once

#include "frame/frame.hpp"

namespace framepipe::frames {

/// Pixels have the size that format, width and height make; a JPEG, PNG or WebP is one, of the width
/// and height that the header gives. Nothing is decoded; other types are not looked into.
/// throws Error that says what does not fit
void check(const Frame& frame);

/// The same for pixels whose payload is not at hand.
void check_pixels(const Header& header, std::uint64_t payload_size);

}  // namespace framepipe::frames
