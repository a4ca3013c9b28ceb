#include "volume/slice_picture.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "image/convert.hpp"
#include "image/crew.hpp"
#include "image/resample.hpp"
#include "volume/byte_order.hpp"
#include "volume/cut.hpp"
#include "volume/intensity.hpp"

namespace framepipe {
namespace {

/// Tables that are kept: clients that look at one volume in different ways take turns.
constexpr std::size_t kMostMaps = 8;

/// A large slice is cut in parts of some rows, so that several threads can do it: what takes the time is waiting for memory.
constexpr std::uint32_t kMostParts = 8;
constexpr std::uint32_t kLeastVoxels = 1 << 16;  // of a part
constexpr std::uint32_t kWholeRows = 64;         // down the columns, as many share a line of the cache

/// Rows of a part.
std::uint32_t part_rows(Extent extent) {
    const std::uint32_t rows = std::max((extent.height + kMostParts - 1) / kMostParts, (kLeastVoxels + extent.width - 1) / extent.width);
    return (rows + kWholeRows - 1) / kWholeRows * kWholeRows;
}

/// Where alpha is none and all.
ValueRange alpha_range(VoxelType type) {
    switch (type) {
        case VoxelType::uint8:
            return {0, 255};
        case VoxelType::int8:
            return {0, 127};
        case VoxelType::uint16:
            return {0, 65535};
        case VoxelType::int16:
            return {0, 32767};
        case VoxelType::uint32:
            return {0, 4294967295.0};
        case VoxelType::int32:
            return {0, 2147483647.0};
        case VoxelType::uint64:
            return {0, 18446744073709551615.0};
        case VoxelType::int64:
            return {0, 9223372036854775807.0};
        default:
            return {0, 1};
    }
}

template <typename Level>
class Drawing {
public:
    explicit Drawing(Crew& crew) : crew_(crew) {}

    Image draw(const Volume& volume, std::int64_t index, const SliceLook& look) {
        const SliceView slice = slice_view(volume, look.plane, index);
        const std::size_t voxels = std::size_t{slice.extent.width} * slice.extent.height;
        const auto colours = static_cast<unsigned>(std::min(volume.channels, 3));
        const bool scaled = look.picture != slice.extent, painted = colours == 1 && !look.colormap->is_gray();
        Image image{colours == 3 || painted ? kColour : kGray, look.picture, {}, {}, {}};
        image.pixels = Block(picture_size(image.format, image.extent));

        // Each step writes into the picture itself if it is the last.
        Level* levels = scaled || painted ? room(levels_, voxels * colours) : samples(image);
        map_levels(slice, volume, look, levels, voxels);
        if (scaled) {
            const std::size_t pixels = std::size_t{look.picture.width} * look.picture.height;
            Level* const out = painted ? room(scaled_, pixels) : samples(image);
            resample(levels, slice.extent, colours, out, look.picture);
            levels = out;
        }
        if (painted) palette (*look.colormap)(levels, std::size_t{look.picture.width} * look.picture.height, samples(image));
        if constexpr (sizeof(Level) == 2 && kNativeBig) {
            Level* const all = samples(image);
            for (std::size_t i = 0; i < image.pixels.size() / sizeof(Level); ++i) all[i] = __builtin_bswap16(all[i]);
        }
        return image;
    }

private:
    static constexpr bool kDeep = sizeof(Level) == 2;
    static constexpr PixelFormat kGray = kDeep ? PixelFormat::gray16le : PixelFormat::gray;
    static constexpr PixelFormat kColour = kDeep ? PixelFormat::rgb48le : PixelFormat::rgb24;

    static Level* samples(Image& image) { return reinterpret_cast<Level*>(image.pixels.data()); }

    static Level* room(Block& block, std::size_t count) {
        if (block.capacity() < count * sizeof(Level)) block = Block(count * sizeof(Level));
        return reinterpret_cast<Level*>(block.data());
    }

    const LevelMap<Level>& level_map(const Intensity& intensity) {
        for (auto found = maps_.begin(); found != maps_.end(); ++found) {
            if (found->intensity() != intensity) continue;
            std::rotate(maps_.begin(), found, found + 1);
            return maps_.front();
        }
        if (maps_.size() == kMostMaps) maps_.pop_back();
        return maps_.emplace_front(intensity);
    }

    const Palette<Level>& palette(const Colormap& colormap) { return palettes_.try_emplace(colormap.name(), colormap).first->second; }

    void map_levels(const SliceView& slice, const Volume& volume, const SliceLook& look, Level* levels, std::size_t voxels) {
        const ValueRange range = look.range.value_or(ValueRange{0, 255});
        const LevelMap<Level>& map = level_map({volume.type, volume.big_endian, volume.slope, volume.intercept, range, look.invert});
        if (slice.channels == 4) return map_alpha(slice, volume, map, levels, voxels);
        const std::size_t row = slice.extent.width * slice.channels;
        const std::uint32_t height = slice.extent.height, rows = part_rows(slice.extent);
        const std::size_t parts = (height + rows - 1) / rows;
        if (rows_.size() < parts) rows_.resize(parts);
        crew_.each(parts, [&](std::size_t i) {
            const std::uint32_t first = static_cast<std::uint32_t>(i) * rows;
            rows_[i](slice.part(first, std::min(rows, height - first)), [&](const RowBand& band) {
                Level* const out = levels + (first + band.begin) * row;
                // Rows that follow each other are one.
                if (band.stride == static_cast<std::ptrdiff_t>(slice.row_size())) return map(band.first, row * band.rows, out);
                for (std::uint32_t r = 0; r < band.rows; ++r)
                    map(band.first + static_cast<std::ptrdiff_t>(r) * band.stride, row, out + r * row);
            });
        });
    }

    /// Colours and alpha have ranges of their own; what is left has no alpha.
    void map_alpha(const SliceView& slice, const Volume& volume, const LevelMap<Level>& map, Level* levels, std::size_t voxels) {
        const LevelMap<Level> alpha_map({volume.type, volume.big_endian, 1, 0, alpha_range(volume.type), false});
        Level* const rgba = room(rgba_, voxels * 4);
        Level* const alphas = room(alphas_, std::size_t{4} * slice.extent.width);
        const std::size_t row = std::size_t{4} * slice.extent.width;
        if (rows_.empty()) rows_.resize(1);
        rows_[0](slice, [&](const RowBand& band) {
            for (std::uint32_t r = 0; r < band.rows; ++r) {
                const std::byte* const numbers = band.first + static_cast<std::ptrdiff_t>(r) * band.stride;
                Level* const out = rgba + (band.begin + r) * row;
                map(numbers, row, out);
                alpha_map(numbers, row, alphas);
                for (std::size_t x = 3; x < row; x += 4) out[x] = alphas[x];
            }
        });
        constexpr PixelFormat kWithAlpha = kDeep ? PixelFormat::rgba64le : PixelFormat::rgba;
        const std::span<const std::byte> bytes{reinterpret_cast<const std::byte*>(rgba), voxels * 4 * sizeof(Level)};
        const Image blended = convert({kWithAlpha, slice.extent, {}, {}, bytes}, kColour);
        std::copy_n(blended.pixels.data(), blended.pixels.size(), reinterpret_cast<std::byte*>(levels));
    }

    Crew& crew_;
    std::vector<SliceRows> rows_;       // one for each part
    std::deque<LevelMap<Level>> maps_;  // the one used last comes first
    std::map<std::string, Palette<Level>> palettes_;
    Block levels_, scaled_, rgba_, alphas_;
};

}  // namespace

struct SlicePictures::Impl {
    bool deep;
    Drawing<std::uint8_t> shallow_drawing;
    Drawing<std::uint16_t> deep_drawing;
};

SlicePictures::SlicePictures(bool deep, Crew& crew) : impl_(new Impl{deep, Drawing<std::uint8_t>(crew), Drawing<std::uint16_t>(crew)}) {}

SlicePictures::~SlicePictures() = default;

Image SlicePictures::draw(const Volume& volume, std::int64_t index, const SliceLook& look) {
    return impl_->deep ? impl_->deep_drawing.draw(volume, index, look) : impl_->shallow_drawing.draw(volume, index, look);
}

}  // namespace framepipe
