// DICOM files, which a module of its own takes apart: its library takes longer to load than most runs of a command.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "volume/volume.hpp"

namespace framepipe {

/// Words that lie in the object itself: the image's description crosses from one process to another.
class ShortText {
public:
    void assign(std::string_view words) {
        size_ = static_cast<std::uint8_t>(std::min(words.size(), chars_.size()));
        std::copy_n(words.begin(), size_, chars_.begin());
    }
    std::string_view view() const { return {chars_.data(), size_}; }

private:
    std::array<char, 64> chars_{};  // DICOM's own limit
    std::uint8_t size_ = 0;
};

/// What a file says of its image. Lengths are millimetres, places are DICOM's: left, posterior and superior are positive.
struct DicomImage {
    ShortText series;       // SeriesInstanceUID
    ShortText description;  // SeriesDescription; empty: none
    std::int64_t instance = 0;
    std::int64_t columns = 0;
    std::int64_t rows = 0;
    std::int64_t frames = 1;
    VoxelType type = VoxelType::uint8;
    int channels = 1;  // 3: RGB, whatever it is in the file
    bool small_is_bright = false;
    double slope = 1;  // a value is stored * slope + intercept
    double intercept = 0;
    std::optional<std::array<double, 2>> window;         // centre and width, in values
    std::optional<std::array<double, 3>> position;       // of the first frame's first pixel
    std::optional<std::array<double, 6>> orientation;    // the direction in which columns count up, then that of rows
    std::optional<std::array<double, 2>> pixel_spacing;  // from one column to the next, from one row to the next
    std::optional<double> slice_spacing;                 // from one frame or slice to the next, as the header says
};

static_assert(std::is_trivially_copyable_v<DicomImage>);

/// Its library ends the process on some broken files: call it by run_apart().
class Dicom {
public:
    virtual ~Dicom() = default;

    /// What the file says of its image, without reading its pixels; nullopt: it has none (a report, an index).
    /// throws Error: it is broken, or its pixels are of a kind that is not understood
    virtual std::optional<DicomImage> describe(const std::filesystem::path& file) = 0;
    /// The pixels of all its frames, whatever they are compressed with: rows from the top, numbers of the image's type in this
    /// machine's byte order, channels together. `into` has just their size.
    /// throws Error: they are broken
    virtual void decode(const std::filesystem::path& file, std::span<std::byte> into) = 0;
};

/// Loads the module in the first call.
/// throws Error: it is missing, or this program was built without it
Dicom& dicom();

}  // namespace framepipe
