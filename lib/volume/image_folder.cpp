#include "volume/image_folder.hpp"

#include <fmt/format.h>

#include <cstring>

#include "codec/codec.hpp"
#include "frame/error.hpp"
#include "frame/image_info.hpp"
#include "volume/byte_order.hpp"
#include "volume/dense.hpp"
#include "volume/mapped_file.hpp"
#include "volume/memory.hpp"
#include "volume/tiff_file.hpp"

namespace framepipe {
namespace {

namespace fs = std::filesystem;

/// One image, decoded: rows from the top, tight, `samples` numbers a pixel.
struct Slice {
    std::int64_t width = 0;
    std::int64_t height = 0;
    VoxelType type = VoxelType::uint8;
    int samples = 1;
    int channels = 1;  // of the samples, from the first one on
    bool big_endian = false;
    Bytes pixels;

    std::string words() const { return fmt::format("{}x{} pixels of {} {}", width, height, samples, name_of(type)); }
    bool alike(const Slice& other) const {
        return width == other.width && height == other.height && type == other.type && samples == other.samples &&
               channels == other.channels && big_endian == other.big_endian;
    }
};

Slice decode_tiff(const Bytes& file, std::uint64_t max_memory) {
    TiffFile tiff(file, max_memory);
    if (tiff.pages().size() != 1) throw Error(fmt::format("it has {} pages; in a folder of images each has one", tiff.pages().size()));
    const TiffPage& page = tiff.pages()[0];
    if (page.white_is_zero) throw Error("its white is zero, which is not understood in a folder of images");
    Block pixels = take_memory(static_cast<std::uint64_t>(page.height) * page.row_bytes(), max_memory);
    tiff.decode(page, pixels.span());
    return {page.width, page.height, page.type, page.samples, page.channels, kNativeBig, std::move(pixels).share()};
}

Slice decode_picture(const Bytes& file) {
    Image image = decode_image(file);
    Slice slice;
    slice.width = image.extent.width;
    slice.height = image.extent.height;
    slice.type = is_deep(image.format) ? VoxelType::uint16 : VoxelType::uint8;
    slice.channels = image.format == PixelFormat::gray || image.format == PixelFormat::gray16le ? 1 : has_alpha(image.format) ? 4 : 3;
    slice.samples = slice.channels;
    slice.pixels = std::move(image.pixels).share();
    return slice;
}

Slice decode_slice(const fs::path& path, std::uint64_t max_memory) {
    const Bytes file = map_file(path);
    try {
        return is_tiff(file) ? decode_tiff(file, max_memory) : decode_picture(file);
    } catch (const Error& error) {
        throw Error(fmt::format("{}: {}", path.filename().string(), error.what()));
    }
}

}  // namespace

bool is_slice_image(std::string_view beginning) {
    const auto bytes = as_bytes(beginning);
    return is_tiff(bytes) || !sniff_image(bytes).empty();
}

Volume read_images(std::span<const fs::path> files, const OpenVolumeOptions& options) {
    if (files.size() < 2) throw Error(fmt::format("it has {}; a volume has several", files.empty() ? "no image" : "one image"));
    const Slice first = decode_slice(files[0], options.max_memory);
    const std::size_t each = first.pixels.size();
    Block all = take_memory(std::uint64_t{each} * files.size(), options.max_memory);
    for (std::size_t i = 0; i < files.size(); ++i) {
        const Slice slice = i == 0 ? first : decode_slice(files[i], options.max_memory);
        if (!slice.alike(first))
            throw Error(fmt::format("{} is {}, but {} is {}", files[i].filename().string(), slice.words(), files[0].filename().string(),
                                    first.words()));
        std::memcpy(all.data() + i * each, slice.pixels.data(), each);
    }
    return paged_volume(std::move(all).share(), 0,
                        {static_cast<std::int64_t>(files.size()), first.height, first.width, first.samples, first.channels, first.type,
                         first.big_endian, static_cast<std::ptrdiff_t>(each)});
}

}  // namespace framepipe
