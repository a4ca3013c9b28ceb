// PNG by libpng.
#pragma once

#include <memory>

#include "codec/codec.hpp"

namespace framepipe {

/// Encodes every pixel format losslessly but YUV, which becomes RGB; 16 bits stay 16.
/// level   zlib's, 0 to 9
/// source  PNG Specification, third edition
std::unique_ptr<ImageEncoder> make_png_encoder(int level);

}  // namespace framepipe
