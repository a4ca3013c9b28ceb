#include "image/convert.hpp"

#include <cstring>

#include "image/convert_yuv.hpp"
#include "image/packed.hpp"

namespace framepipe {

Image convert(const ImageView& from, PixelFormat to, Rgb matte, Range range, Matrix matrix) {
    Image out{to, from.extent, Range::limited, Matrix::bt601, Block(picture_size(to, from.extent))};
    if (is_yuv(to)) {
        out.range = range;
        out.matrix = matrix;
    }
    if (from.format == to && (!is_yuv(to) || (from.range == range && from.matrix == matrix))) {
        std::memcpy(out.pixels.data(), from.bytes.data(), out.pixels.size());
    } else if (is_yuv(to)) {
        if (is_yuv(from.format) || from.format == PixelFormat::gray) {
            yuv_to_yuv(from, out);
        } else {
            packed_to_yuv(from, matte, out);
        }
    } else if (is_yuv(from.format)) {
        yuv_to_packed(from, out);
    } else {
        convert_packed(from, to, matte, reinterpret_cast<std::uint8_t*>(out.pixels.data()));
    }
    return out;
}

}  // namespace framepipe
