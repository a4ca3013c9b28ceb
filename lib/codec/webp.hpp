// WebP by libwebp.
#pragma once

#include <memory>

#include "codec/codec.hpp"

namespace framepipe {

/// Encodes as WebP with 8 bits a channel; alpha is kept. Lossy pictures are YUV 4:2:0 of limited range,
/// so that yuv420p goes in as it is.
/// quality   1 to 100; of lossy pictures
std::unique_ptr<ImageEncoder> make_webp_encoder(int quality, bool lossless);

}  // namespace framepipe
