#include "volume/raw.hpp"

#include <fmt/format.h>

#include "frame/error.hpp"
#include "volume/dense.hpp"

namespace framepipe {

Volume read_raw(const Bytes& file, const RawLayout& layout) {
    Dense dense;
    dense.shape = layout.shape;
    dense.type = layout.type;
    dense.big_endian = layout.big_endian;
    if (dense.shape.size() == 4) dense.channel_axis = 3;
    if (layout.offset > file.size()) throw Error(fmt::format("it has {} bytes, so that none is at offset {}", file.size(), layout.offset));
    return dense_volume(file.part(layout.offset, file.size() - layout.offset), dense);
}

}  // namespace framepipe
