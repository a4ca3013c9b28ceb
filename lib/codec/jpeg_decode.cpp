#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

// After <cstdio>, which it needs and does not include.
#include <jpeglib.h>

#include "codec/decode.hpp"
#include "codec/exif.hpp"
#include "codec/jpeg_error.hpp"
#include "frame/error.hpp"

namespace framepipe {
namespace {

constexpr std::size_t kMaxRows = 16;

// What libjpeg writes for a format, or JCS_UNKNOWN.
J_COLOR_SPACE colours_of(PixelFormat format) {
    switch (format) {
        case PixelFormat::rgb24:
            return JCS_EXT_RGB;
        case PixelFormat::bgr24:
            return JCS_EXT_BGR;
        case PixelFormat::rgba:
            return JCS_EXT_RGBA;
        case PixelFormat::bgra:
            return JCS_EXT_BGRA;
        case PixelFormat::gray:
            return JCS_GRAYSCALE;
        default:
            return JCS_UNKNOWN;
    }
}

// The planar format that has the components of a JPEG as they are stored.
std::optional<PixelFormat> planes_as_stored(const jpeg_decompress_struct& info) {
    if (info.jpeg_color_space != JCS_YCbCr || info.num_components != 3) return {};
    const jpeg_component_info* c = info.comp_info;
    if (c[1].h_samp_factor != 1 || c[1].v_samp_factor != 1 || c[2].h_samp_factor != 1 || c[2].v_samp_factor != 1) return {};
    if (c[0].h_samp_factor == 2 && c[0].v_samp_factor == 2) return PixelFormat::yuv420p;
    if (c[0].h_samp_factor == 2 && c[0].v_samp_factor == 1) return PixelFormat::yuv422p;
    if (c[0].h_samp_factor == 1 && c[0].v_samp_factor == 1) return PixelFormat::yuv444p;
    return {};
}

// A decompression and all that it needs, so that a jump out of libjpeg passes over no destructor.
struct Decoder {
    Decoder() {
        info.err = trap.manager();
        jpeg_create_decompress(&info);
    }
    ~Decoder() { jpeg_destroy_decompress(&info); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    bool read_header(std::span<const std::byte> bytes);
    Orientation orientation() const;
    bool read_pixels();
    bool read_planes();
    void unpack_cmyk(std::uint8_t* out, std::size_t n) const;

    JpegTrap trap;
    jpeg_decompress_struct info{};
    Image image;
    std::vector<std::uint8_t> memory;
    std::array<std::array<JSAMPROW, kMaxRows>, 3> rows{};
};

bool Decoder::read_header(std::span<const std::byte> bytes) {
    if (setjmp(trap.jump) != 0) return false;
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_save_markers(&info, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&info, TRUE);
    return true;
}

// How the picture lies, by the first APP1 segment that tells.
Orientation Decoder::orientation() const {
    for (const jpeg_marker_struct* marker = info.marker_list; marker != nullptr; marker = marker->next) {
        const Orientation found = exif_orientation(std::as_bytes(std::span(marker->data, marker->data_length)));
        if (found != Orientation::top_left) return found;
    }
    return Orientation::top_left;
}

// Ink on paper as light: `memory` holds one row of CMYK. Adobe's programs store it inverted, and say that they wrote it.
void Decoder::unpack_cmyk(std::uint8_t* out, std::size_t n) const {
    const std::uint8_t flip = info.saw_Adobe_marker ? 0 : 255;
    for (std::size_t i = 0; i < n; ++i) {
        const std::uint8_t* in = memory.data() + 4 * i;
        const unsigned k = in[3] ^ flip;
        for (std::size_t c = 0; c < 3; ++c) out[3 * i + c] = static_cast<std::uint8_t>(((in[c] ^ flip) * k + 127) / 255);
    }
}

bool Decoder::read_pixels() {
    const std::size_t stride = planes_of(image.format, image.extent)[0].stride;
    auto* out = reinterpret_cast<std::uint8_t*>(image.pixels.data());
    const bool cmyk = info.out_color_space == JCS_CMYK;
    if (setjmp(trap.jump) != 0) return false;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
        const std::uint32_t first = info.output_scanline;
        if (cmyk) {
            rows[0][0] = memory.data();
            jpeg_read_scanlines(&info, rows[0].data(), 1);
            unpack_cmyk(out + stride * first, image.extent.width);
            continue;
        }
        const std::uint32_t count = std::min<std::uint32_t>(kMaxRows, info.output_height - first);
        for (std::uint32_t i = 0; i < count; ++i) rows[0][i] = out + stride * (first + i);
        jpeg_read_scanlines(&info, rows[0].data(), count);
    }
    jpeg_finish_decompress(&info);
    return true;
}

// The planes as they are stored: whole blocks go to `memory`, and from there what belongs to the picture.
bool Decoder::read_planes() {
    const auto planes = planes_of(image.format, image.extent);
    auto* out = reinterpret_cast<std::uint8_t*>(image.pixels.data());
    if (setjmp(trap.jump) != 0) return false;
    jpeg_start_decompress(&info);
    JSAMPARRAY arrays[3] = {rows[0].data(), rows[1].data(), rows[2].data()};
    std::uint8_t* free = memory.data();
    for (int c = 0; c < 3; ++c) {
        const int count = info.comp_info[c].v_samp_factor * DCTSIZE;
        for (int i = 0; i < count; ++i, free += info.comp_info[c].width_in_blocks * std::size_t{DCTSIZE}) rows[c][i] = free;
    }
    const auto rows_at_once = static_cast<std::uint32_t>(info.max_v_samp_factor) * DCTSIZE;
    while (info.output_scanline < info.output_height) {
        const std::uint32_t first = info.output_scanline;
        jpeg_read_raw_data(&info, arrays, rows_at_once);
        for (int c = 0; c < 3; ++c) {
            const auto count = static_cast<std::uint32_t>(info.comp_info[c].v_samp_factor) * DCTSIZE;
            const std::uint32_t at = first / rows_at_once * count;
            for (std::uint32_t i = 0; i < count && at + i < planes[c].rows; ++i) {
                std::memcpy(out + planes[c].offset + planes[c].stride * (at + i), rows[c][i], planes[c].stride);
            }
        }
    }
    jpeg_finish_decompress(&info);
    return true;
}

}  // namespace

Image decode_jpeg(std::span<const std::byte> bytes, std::optional<PixelFormat> wanted, std::uint64_t max_pixels) {
    Decoder decoder;
    jpeg_decompress_struct& info = decoder.info;
    const auto check = [&](bool done) {
        if (!done) throw Error("cannot decode JPEG: " + decoder.trap.words);
    };
    check(decoder.read_header(bytes));
    check_extent("JPEG", info.image_width, info.image_height, max_pixels);
    Image& image = decoder.image;
    image.extent = {info.image_width, info.image_height};
    const bool inks = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    const std::optional<PixelFormat> stored = planes_as_stored(info);
    const Orientation orientation = decoder.orientation();
    if (wanted && is_yuv(*wanted) && stored && orientation == Orientation::top_left) {
        image.format = *stored;
        image.range = Range::full;
        info.raw_data_out = TRUE;
        std::size_t size = 0;
        // The blocks of a row of MCUs, as jpeg_start_decompress() will count them.
        for (int c = 0; c < 3; ++c) {
            size += info.comp_info[c].width_in_blocks * std::size_t{DCTSIZE} * info.comp_info[c].v_samp_factor * DCTSIZE;
        }
        decoder.memory.resize(size);
    } else {
        const bool gray = info.jpeg_color_space == JCS_GRAYSCALE;
        image.format = gray ? PixelFormat::gray : PixelFormat::rgb24;
        if (wanted && !inks && colours_of(*wanted) != JCS_UNKNOWN && (*wanted != PixelFormat::gray || gray || stored))
            image.format = *wanted;
        info.out_color_space = inks ? JCS_CMYK : colours_of(image.format);
        if (inks) decoder.memory.resize(4 * std::size_t{info.image_width});
    }
    image.pixels = Block(picture_size(image.format, image.extent));
    check(info.raw_data_out ? decoder.read_planes() : decoder.read_pixels());
    return orientation == Orientation::top_left ? std::move(image) : upright(image.view(), orientation);
}

}  // namespace framepipe
