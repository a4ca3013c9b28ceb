#include "image/turn.hpp"

#include <cassert>
#include <cstring>
#include <utility>

namespace framepipe {
namespace {

// Fills `to` in order; where each pixel comes from moves by `across` bytes a pixel and by `down` bytes a row.
// The size as a constant makes each copy one or two instructions.
template <std::size_t Size>
void gather(const std::byte* from, std::ptrdiff_t across, std::ptrdiff_t down, Extent extent, std::byte* to) {
    for (std::uint32_t y = 0; y < extent.height; ++y) {
        const std::byte* at = from + down * static_cast<std::ptrdiff_t>(y);
        for (std::uint32_t x = 0; x < extent.width; ++x, at += across, to += Size) std::memcpy(to, at, Size);
    }
}

}  // namespace

Image upright(const ImageView& stored, Orientation orientation) {
    assert(!is_yuv(stored.format));
    const auto number = static_cast<int>(orientation);
    const bool sides_change = number >= 5;
    const bool from_right = number == 2 || number == 3 || number == 7 || number == 8;
    const bool from_bottom = number == 3 || number == 4 || number == 6 || number == 7;
    const Extent extent = stored.extent;
    const std::size_t size = picture_size(stored.format, {1, 1});
    const auto pixel = static_cast<std::ptrdiff_t>(size);
    const std::ptrdiff_t row = pixel * extent.width;

    Image image{stored.format, extent, stored.range, stored.matrix, Block(stored.bytes.size())};
    const std::byte* from = stored.bytes.data();
    if (from_right) from += row - pixel;
    if (from_bottom) from += row * (static_cast<std::ptrdiff_t>(extent.height) - 1);
    std::ptrdiff_t across = from_right ? -pixel : pixel;
    std::ptrdiff_t down = from_bottom ? -row : row;
    if (sides_change) {
        std::swap(image.extent.width, image.extent.height);
        std::swap(across, down);
    }
    switch (size) {
        case 1:
            gather<1>(from, across, down, image.extent, image.pixels.data());
            break;
        case 2:
            gather<2>(from, across, down, image.extent, image.pixels.data());
            break;
        case 3:
            gather<3>(from, across, down, image.extent, image.pixels.data());
            break;
        case 4:
            gather<4>(from, across, down, image.extent, image.pixels.data());
            break;
        case 6:
            gather<6>(from, across, down, image.extent, image.pixels.data());
            break;
        default:
            gather<8>(from, across, down, image.extent, image.pixels.data());
            break;
    }
    return image;
}

}  // namespace framepipe
