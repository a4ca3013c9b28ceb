// Any bytes as an encoded picture, and as what a camera says of one: each is refused in one line, or is a whole picture.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "codec/codec.hpp"
#include "codec/exif.hpp"
#include "require.hpp"

namespace {

using namespace framepipe;
using framepipe_test::may_refuse;
using framepipe_test::require;

constexpr std::uint64_t kMaxPixels = 1 << 12;

void examine(const Image& image) {
    require(image.extent.width >= 1 && image.extent.height >= 1);
    require(std::uint64_t{image.extent.width} * image.extent.height <= kMaxPixels);
    require(image.pixels.size() == picture_size(image.format, image.extent));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto orientation = static_cast<int>(exif_orientation(bytes));
    require(orientation >= 1 && orientation <= 8);
    may_refuse([&] { examine(decode_planes(bytes, kMaxPixels)); });
    for (const std::optional<PixelFormat> format :
         {std::optional<PixelFormat>(), std::optional(PixelFormat::rgba), std::optional(PixelFormat::nv12)})
        may_refuse([&] { examine(decode_image(bytes, format, kMaxPixels)); });
    return 0;
}
