#include "volume/tiff_file.hpp"

#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string_view>

#include "frame/error.hpp"
#include "volume/dense.hpp"

namespace framepipe {
namespace {

/// The file as libtiff reads it: mapped, and by these calls for the rest.
struct Source {
    std::span<const std::byte> bytes;
    std::uint64_t at = 0;
    std::string complaint;  // libtiff's last one
};

tmsize_t read_bytes(thandle_t handle, void* into, tmsize_t size) {
    auto& source = *static_cast<Source*>(handle);
    if (size <= 0 || source.at >= source.bytes.size()) return 0;
    const auto part = std::min<std::uint64_t>(static_cast<std::uint64_t>(size), source.bytes.size() - source.at);
    std::memcpy(into, source.bytes.data() + source.at, part);
    source.at += part;
    return static_cast<tmsize_t>(part);
}

tmsize_t write_nothing(thandle_t, void*, tmsize_t) {
    return -1;
}

toff_t seek_to(thandle_t handle, toff_t offset, int whence) {
    auto& source = *static_cast<Source*>(handle);
    source.at = whence == SEEK_CUR ? source.at + offset : whence == SEEK_END ? source.bytes.size() + offset : offset;
    return source.at;
}

int close_nothing(thandle_t) {
    return 0;
}

toff_t size_of_file(thandle_t handle) {
    return static_cast<Source*>(handle)->bytes.size();
}

int map_all(thandle_t handle, void** base, toff_t* size) {
    const auto& source = *static_cast<Source*>(handle);
    *base = const_cast<std::byte*>(source.bytes.data());  // opened for reading, libtiff does not write there
    *size = source.bytes.size();
    return 1;
}

void unmap_nothing(thandle_t, void*, toff_t) {}

__attribute__((format(printf, 4, 0))) int keep_complaint(TIFF*, void* user, const char*, const char* format, va_list words) {
    std::array<char, 300> line{};
    std::vsnprintf(line.data(), line.size(), format, words);
    std::string& complaint = static_cast<Source*>(user)->complaint;
    const std::string_view text(line.data());
    complaint = text.substr(std::min(text.find_first_not_of(": "), text.size()));  // a name of the file may be missing before it
    std::replace_if(
        complaint.begin(), complaint.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    while (!complaint.empty() && (complaint.back() == '.' || complaint.back() == ' ')) complaint.pop_back();
    return 1;
}

int keep_silent(TIFF*, void*, const char*, const char*, va_list) {
    return 1;
}

template <typename T>
T field(TIFF* tiff, std::uint32_t tag, T otherwise) {
    T value{};
    return TIFFGetFieldDefaulted(tiff, tag, &value) != 0 ? value : otherwise;
}

VoxelType type_of(int bits, int sample_format) {
    if (sample_format == SAMPLEFORMAT_IEEEFP) {
        if (bits == 16) return VoxelType::float16;
        if (bits == 32) return VoxelType::float32;
        if (bits == 64) return VoxelType::float64;
        throw Error(fmt::format("its samples are floats of {} bits; 16, 32 and 64 are understood", bits));
    }
    if (sample_format == SAMPLEFORMAT_COMPLEXINT || sample_format == SAMPLEFORMAT_COMPLEXIEEEFP)
        throw Error("its samples are complex numbers; integers and floats are understood");
    const bool with_sign = sample_format == SAMPLEFORMAT_INT;
    if (bits == 8) return with_sign ? VoxelType::int8 : VoxelType::uint8;
    if (bits == 16) return with_sign ? VoxelType::int16 : VoxelType::uint16;
    if (bits == 32) return with_sign ? VoxelType::int32 : VoxelType::uint32;
    if (bits == 64) return with_sign ? VoxelType::int64 : VoxelType::uint64;
    throw Error(fmt::format("its samples have {} bits; 8, 16, 32 and 64 are understood", bits));
}

/// Sets samples and channels, and what photometric says of them.
void set_colour(TIFF* tiff, TiffPage& page) {
    page.samples = field<std::uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    std::uint16_t photometric = 0;
    if (TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric) == 0)
        photometric = page.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    switch (photometric) {
        case PHOTOMETRIC_MINISWHITE:
            page.white_is_zero = true;
            break;
        case PHOTOMETRIC_PALETTE:
            page.has_colour_table = true;
            break;
        case PHOTOMETRIC_MINISBLACK:
        case PHOTOMETRIC_RGB:
            break;
        case PHOTOMETRIC_YCBCR:
            if (field<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE) == COMPRESSION_JPEG) break;  // decoded as RGB
            [[fallthrough]];
        default:
            throw Error(fmt::format("its pixels are of photometric kind {}; gray, RGB and RGBA are understood", photometric));
    }
    if (page.samples == 3 || (photometric == PHOTOMETRIC_RGB && page.samples > 3)) page.channels = 3;
    if (page.samples >= 4 && page.channels == 3) {
        std::uint16_t extra = 0;
        const std::uint16_t* kinds = nullptr;
        TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra, &kinds);
        if (extra > 0 && kinds != nullptr && kinds[0] != EXTRASAMPLE_UNSPECIFIED) page.channels = 4;
    }
    if (photometric == PHOTOMETRIC_RGB && page.samples < 3) throw Error(fmt::format("its pixels are RGB of {} samples", page.samples));
}

/// Where the pixels lie in the file, if they are neither compressed nor in pieces.
std::optional<std::uint64_t> plain_place(TIFF* tiff, const TiffPage& page) {
    if (TIFFIsTiled(tiff) != 0 || field<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE) != COMPRESSION_NONE ||
        field<std::uint16_t>(tiff, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) != FILLORDER_MSB2LSB ||
        (page.samples > 1 && field<std::uint16_t>(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) != PLANARCONFIG_CONTIG))
        return std::nullopt;
    const std::uint32_t strips = TIFFNumberOfStrips(tiff);
    if (strips == 0) return std::nullopt;
    const std::uint64_t start = TIFFGetStrileOffset(tiff, 0);
    std::uint64_t end = start;
    for (std::uint32_t i = 0; i < strips; ++i) {
        if (TIFFGetStrileOffset(tiff, i) != end) return std::nullopt;
        end += TIFFGetStrileByteCount(tiff, i);
    }
    if (start == 0 || end - start < static_cast<std::uint64_t>(page.height) * page.row_bytes()) return std::nullopt;
    return start;
}

TiffPage page_of(TIFF* tiff) {
    TiffPage page;
    page.width = field<std::uint32_t>(tiff, TIFFTAG_IMAGEWIDTH, 0);
    page.height = field<std::uint32_t>(tiff, TIFFTAG_IMAGELENGTH, 0);
    page.type =
        type_of(field<std::uint16_t>(tiff, TIFFTAG_BITSPERSAMPLE, 1), field<std::uint16_t>(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT));
    set_colour(tiff, page);
    // Says what is wrong with them, if anything is.
    Dense dense;
    dense.shape = {page.height, page.width, page.samples};
    dense.type = page.type;
    size_of(dense);
    page.x_resolution = field<float>(tiff, TIFFTAG_XRESOLUTION, 0);
    page.y_resolution = field<float>(tiff, TIFFTAG_YRESOLUTION, 0);
    page.directory = TIFFCurrentDirOffset(tiff);
    page.plain = plain_place(tiff, page);
    return page;
}

}  // namespace

struct TiffFile::Impl {
    Bytes file;
    Source source;
    std::unique_ptr<TIFF, void (*)(TIFF*)> tiff{nullptr, TIFFClose};
    std::vector<TiffPage> pages;
    std::string description;

    [[noreturn]] void broken(const std::string& what) const {
        throw Error(source.complaint.empty() ? what : what + ": libtiff says: " + source.complaint);
    }
    void decode_strips(const TiffPage& page, std::span<std::byte> into);
    void decode_tiles(const TiffPage& page, std::span<std::byte> into);
};

bool is_tiff(std::span<const std::byte> bytes) {
    if (bytes.size() < 4) return false;
    for (const char* magic : {"II*\0", "MM\0*", "II+\0", "MM\0+"})
        if (std::memcmp(bytes.data(), magic, 4) == 0) return true;
    return false;
}

TiffFile::TiffFile(Bytes file, std::uint64_t max_memory) : impl_(std::make_unique<Impl>()) {
    impl_->file = std::move(file);
    impl_->source.bytes = impl_->file.span();
    const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(), TIFFOpenOptionsFree);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_complaint, &impl_->source);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), keep_silent, nullptr);
    // What it needs for itself comes on top.
    constexpr std::uint64_t kOwn = 16 << 20;
    constexpr std::uint64_t kMost = std::numeric_limits<tmsize_t>::max();
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(std::min(max_memory, kMost - kOwn) + kOwn));
    impl_->tiff.reset(TIFFClientOpenExt("", "r", &impl_->source, read_bytes, write_nothing, seek_to, close_nothing, size_of_file, map_all,
                                        unmap_nothing, options.get()));
    if (!impl_->tiff) impl_->broken("its first page cannot be read");
    TIFF* const tiff = impl_->tiff.get();
    if (const char* text = nullptr; TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) != 0 && text != nullptr) impl_->description = text;
    do {
        const auto kind = field<std::uint32_t>(tiff, TIFFTAG_SUBFILETYPE, 0);
        if ((kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0) impl_->pages.push_back(page_of(tiff));
        impl_->source.complaint.clear();
    } while (TIFFReadDirectory(tiff) != 0);
    // The end of the pages is no failure, one that cannot be read is.
    if (!impl_->source.complaint.empty()) impl_->broken(fmt::format("its page {} cannot be read", impl_->pages.size() + 1));
    if (impl_->pages.empty()) throw Error("it has no page");
}

TiffFile::~TiffFile() = default;

const std::vector<TiffPage>& TiffFile::pages() const {
    return impl_->pages;
}

bool TiffFile::big_endian() const {
    return TIFFIsBigEndian(impl_->tiff.get()) != 0;
}

const std::string& TiffFile::description() const {
    return impl_->description;
}

void TiffFile::decode(const TiffPage& page, std::span<std::byte> into) {
    TIFF* const tiff = impl_->tiff.get();
    impl_->source.complaint.clear();
    if (TIFFSetSubDirectory(tiff, page.directory) == 0) impl_->broken("it cannot be read");
    if (field<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE) == COMPRESSION_JPEG)
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (TIFFIsTiled(tiff) != 0)
        impl_->decode_tiles(page, into);
    else
        impl_->decode_strips(page, into);
}

namespace {

/// Copies a block of pixels to its place among a page's rows: those of one sample, or of all samples if `sample` is -1.
void place(const TiffPage& page, std::span<std::byte> into, const std::byte* from, std::size_t from_row, std::int64_t x, std::int64_t y,
           std::int64_t width, std::int64_t height, int sample) {
    const std::size_t number = size_of(page.type);
    const std::size_t pixel = number * page.samples;
    for (std::int64_t row = 0; row < height; ++row) {
        std::byte* const to = into.data() + static_cast<std::uint64_t>(y + row) * page.row_bytes() + static_cast<std::uint64_t>(x) * pixel;
        const std::byte* const line = from + static_cast<std::size_t>(row) * from_row;
        if (sample < 0)
            std::memcpy(to, line, static_cast<std::size_t>(width) * pixel);
        else
            for (std::int64_t i = 0; i < width; ++i)
                std::memcpy(to + static_cast<std::size_t>(i) * pixel + sample * number, line + static_cast<std::size_t>(i) * number,
                            number);
    }
}

}  // namespace

void TiffFile::Impl::decode_strips(const TiffPage& page, std::span<std::byte> into) {
    const bool apart =
        page.samples > 1 && field<std::uint16_t>(tiff.get(), TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
    const std::int64_t rows = std::min<std::int64_t>(field<std::uint32_t>(tiff.get(), TIFFTAG_ROWSPERSTRIP, 0), page.height);
    if (rows == 0) broken("it says that its strips are empty");
    const std::size_t row_bytes = static_cast<std::size_t>(apart ? page.row_bytes() / page.samples : page.row_bytes());
    if (static_cast<std::size_t>(TIFFScanlineSize64(tiff.get())) != row_bytes) broken("its rows have not the length that its size says");
    std::vector<std::byte> strip(apart ? static_cast<std::size_t>(rows) * row_bytes : 0);
    for (int sample = 0; sample < (apart ? page.samples : 1); ++sample)
        for (std::int64_t y = 0; y < page.height; y += rows) {
            const std::int64_t height = std::min(rows, page.height - y);
            const std::size_t size = static_cast<std::size_t>(height) * row_bytes;
            std::byte* const to = apart ? strip.data() : into.data() + static_cast<std::size_t>(y) * row_bytes;
            const std::uint32_t number = TIFFComputeStrip(tiff.get(), static_cast<std::uint32_t>(y), static_cast<std::uint16_t>(sample));
            const tmsize_t got = TIFFReadEncodedStrip(tiff.get(), number, to, static_cast<tmsize_t>(size));
            if (got != static_cast<tmsize_t>(size)) broken("it is broken or cut short");
            if (apart) place(page, into, strip.data(), row_bytes, 0, y, page.width, height, sample);
        }
}

void TiffFile::Impl::decode_tiles(const TiffPage& page, std::span<std::byte> into) {
    const bool apart =
        page.samples > 1 && field<std::uint16_t>(tiff.get(), TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
    const std::int64_t width = field<std::uint32_t>(tiff.get(), TIFFTAG_TILEWIDTH, 0);
    const std::int64_t height = field<std::uint32_t>(tiff.get(), TIFFTAG_TILELENGTH, 0);
    const std::uint64_t number_bytes = size_of(page.type) * (apart ? 1 : static_cast<std::size_t>(page.samples));
    // A tile may reach beyond the page, but not without measure.
    constexpr std::int64_t kMost = 65536;
    if (width == 0 || height == 0 || width > kMost || height > kMost) broken(fmt::format("its tiles are {}x{}", width, height));
    const std::uint64_t tile_row = static_cast<std::uint64_t>(width) * number_bytes;
    const std::uint64_t size = tile_row * static_cast<std::uint64_t>(height);
    if (static_cast<std::uint64_t>(TIFFTileSize64(tiff.get())) != size) broken("its tiles have not the length that their size says");
    std::vector<std::byte> tile(size);
    for (int sample = 0; sample < (apart ? page.samples : 1); ++sample)
        for (std::int64_t y = 0; y < page.height; y += height)
            for (std::int64_t x = 0; x < page.width; x += width) {
                const std::uint32_t number = TIFFComputeTile(tiff.get(), static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 0,
                                                             static_cast<std::uint16_t>(sample));
                const tmsize_t got = TIFFReadEncodedTile(tiff.get(), number, tile.data(), static_cast<tmsize_t>(size));
                if (got != static_cast<tmsize_t>(size)) broken("it is broken or cut short");
                place(page, into, tile.data(), static_cast<std::size_t>(tile_row), x, y, std::min(width, page.width - x),
                      std::min(height, page.height - y), apart ? sample : -1);
            }
}

}  // namespace framepipe
