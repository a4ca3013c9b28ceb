// Is an encoded picture all there? Told from its structure, without decoding.
#pragma once

#include <cstddef>
#include <span>

namespace framepipe {

/// throws Error if the picture is not a JPEG that reaches its EOI, a PNG that reaches its IEND or a
///        WebP as long as it says; bytes after its end do not matter
void check_whole(std::span<const std::byte> picture);

}  // namespace framepipe
