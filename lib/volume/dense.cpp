#include "volume/dense.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "frame/error.hpp"

namespace framepipe {
namespace {

void check_axes(const Dense& dense) {
    const auto& shape = dense.shape;
    const std::size_t axes = shape.size() - (dense.channel_axis ? 1 : 0);
    if (shape.empty()) throw Error("it is a single number; a volume has 3 axes");
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] < 0) throw Error(fmt::format("its axis {} has the size {}", i, shape[i]));
        if (shape[i] == 0) throw Error(fmt::format("its axis {} is empty ({})", i, shape_text(shape)));
    }
    if (axes != 3)
        throw Error(fmt::format("it has {} {} ({}); a volume has 3, or 4 with 3 or 4 channels of colour", shape.size(),
                                shape.size() == 1 ? "axis" : "axes", shape_text(shape)));
    if (dense.channel_axis && shape[*dense.channel_axis] != 3 && shape[*dense.channel_axis] != 4)
        throw Error(fmt::format("it has {} channels of colour ({}); 3 or 4 are understood", shape[*dense.channel_axis], shape_text(shape)));
}

}  // namespace

std::string shape_text(std::span<const std::int64_t> shape) {
    return fmt::format("{}", fmt::join(shape, " x "));
}

std::uint64_t size_of(const Dense& dense) {
    check_axes(dense);
    // Strides and differences of addresses are signed.
    constexpr std::uint64_t kMost = std::numeric_limits<std::ptrdiff_t>::max();
    std::uint64_t size = size_of(dense.type);
    for (const std::int64_t side : dense.shape) {
        if (size > kMost / static_cast<std::uint64_t>(side))
            throw Error(fmt::format("its header promises {} voxels, more than any file holds", shape_text(dense.shape)));
        size *= static_cast<std::uint64_t>(side);
    }
    return size;
}

Volume dense_volume(const Bytes& bytes, const Dense& dense) {
    const std::uint64_t needed = size_of(dense);
    if (needed > bytes.size())
        throw Error(fmt::format("{} of {} are {} bytes, but there are only {}", shape_text(dense.shape), name_of(dense.type), needed,
                                bytes.size()));
    Volume volume;
    volume.type = dense.type;
    volume.big_endian = dense.big_endian;
    auto stride = static_cast<std::ptrdiff_t>(size_of(dense.type));
    std::vector<VoxelAxis> axes(dense.shape.size());
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const std::size_t axis = dense.first_fastest ? i : axes.size() - 1 - i;
        axes[axis].size = dense.shape[axis];
        axes[axis].stride = stride;
        stride *= dense.shape[axis];
    }
    if (dense.channel_axis) {
        const auto channels = axes.begin() + static_cast<std::ptrdiff_t>(*dense.channel_axis);
        volume.channels = static_cast<int>(channels->size);
        volume.channel_stride = channels->stride;
        axes.erase(channels);
    }
    for (std::size_t i = 0; i < 3; ++i) volume.axes[i] = axes[i];
    volume.first = bytes.data();
    volume.memory = std::make_shared<const Bytes>(bytes);
    return volume;
}

Volume paged_volume(const Bytes& bytes, std::uint64_t at, const Pages& pages) {
    const auto number = static_cast<std::ptrdiff_t>(size_of(pages.type));
    const std::ptrdiff_t pixel = number * pages.samples;
    Volume volume;
    volume.type = pages.type;
    volume.big_endian = pages.big_endian;
    volume.channels = pages.channels;
    volume.channel_stride = number;
    volume.axes[0] = {pages.depth, pages.stride, 1};
    volume.axes[1] = {pages.height, pixel * pages.width, 1};
    volume.axes[2] = {pages.width, pixel, 1};
    volume.default_axis = 0;
    volume.memory = std::make_shared<const Bytes>(bytes);
    volume.first = bytes.data() + at;
    return volume;
}

}  // namespace framepipe
