// TIFF, page by page (by libtiff).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frame/bytes.hpp"
#include "volume/volume.hpp"

namespace framepipe {

/// What one page holds. Its pixels are `height` rows of `width` times `samples` numbers.
struct TiffPage {
    std::int64_t width = 0;
    std::int64_t height = 0;
    VoxelType type = VoxelType::uint8;
    int samples = 1;                // of a pixel
    int channels = 1;               // the samples that are gray (1), RGB (3) or RGBA (4); they are the first ones
    bool white_is_zero = false;     // small numbers are bright
    bool has_colour_table = false;  // the numbers are places in it
    double x_resolution = 0;        // pixels a unit; 0: not said
    double y_resolution = 0;
    std::uint64_t directory = 0;         // where the file says all this
    std::optional<std::uint64_t> plain;  // where the pixels lie in the file just so, in its byte order, if they do

    std::uint64_t row_bytes() const { return static_cast<std::uint64_t>(width) * samples * size_of(type); }
    bool same_pixels(const TiffPage& other) const {
        return width == other.width && height == other.height && type == other.type && samples == other.samples &&
               channels == other.channels && white_is_zero == other.white_is_zero;
    }
};

/// True if the bytes begin as those of a TIFF or BigTIFF do.
bool is_tiff(std::span<const std::byte> bytes);

/// A TIFF file. One thread at a time.
class TiffFile {
public:
    /// Reads what all pages are, without those that are small copies or masks of others.
    /// max_memory   the most that libtiff may take at once
    /// throws Error without the file's name: it is broken, or has pixels of a kind that is not understood
    TiffFile(Bytes file, std::uint64_t max_memory);
    ~TiffFile();

    const std::vector<TiffPage>& pages() const;
    bool big_endian() const;
    /// The first page's description; empty: it has none.
    const std::string& description() const;

    /// Decodes a page, in this machine's byte order. `into` has page.height * page.row_bytes() bytes.
    /// throws Error: the page is broken or cut short
    void decode(const TiffPage& page, std::span<std::byte> into);

private:
    struct Impl;  // libtiff stays in tiff_file.cpp
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe
