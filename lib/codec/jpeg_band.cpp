#include "codec/jpeg_band.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <vector>

// After <cstdio>, which it needs and does not include.
#include <jpeglib.h>

#include <jerror.h>

#include "codec/jpeg_error.hpp"
#include "frame/error.hpp"
#include "image/packed.hpp"

namespace framepipe {
namespace {

constexpr std::uint32_t kBlock = DCTSIZE;
constexpr std::uint32_t kMaxRows = 2 * kBlock;  // of luma that are given to libjpeg at a time

struct Sampling {
    int h, v;  // luma samples to one of chroma, across and down
};

Sampling sampling_of(Subsampling subsampling) {
    switch (subsampling) {
        case Subsampling::s420:
            return {2, 2};
        case Subsampling::s422:
            return {2, 1};
        default:
            return {1, 1};
    }
}

bool is_gray(PixelFormat format) {
    return format == PixelFormat::gray || format == PixelFormat::gray16le;
}

// Repeats the last of `n` samples up to `padded`, so that the blocks at the edge have no false edge in them.
void pad(std::uint8_t* row, std::size_t n, std::size_t padded) {
    std::memset(row + n, row[n - 1], padded - n);
}

// Where libjpeg writes: memory that is kept between pictures.
struct Target {
    jpeg_destination_mgr manager{};
    std::vector<std::uint8_t> bytes;

    void begin(std::size_t guess) {
        if (bytes.size() < guess) bytes.resize(guess);
        manager.next_output_byte = bytes.data();
        manager.free_in_buffer = bytes.size();
    }
    std::span<const std::byte> written() const { return std::as_bytes(std::span(bytes).first(bytes.size() - manager.free_in_buffer)); }
};

Target& target_of(j_compress_ptr info) {
    return *reinterpret_cast<Target*>(info->dest);
}

// Called by libjpeg when the memory is full (never in part).
boolean grow(j_compress_ptr info) {
    Target& target = target_of(info);
    const std::size_t used = target.bytes.size();
    try {
        target.bytes.resize(2 * used);
    } catch (const std::bad_alloc&) {
        ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
    }
    target.manager.next_output_byte = target.bytes.data() + used;
    target.manager.free_in_buffer = used;
    return TRUE;
}

void do_nothing(j_compress_ptr) {}

}  // namespace

Extent mcu_extent(Subsampling subsampling) {
    const Sampling sampling = sampling_of(subsampling);
    return {kBlock * static_cast<std::uint32_t>(sampling.h), kBlock * static_cast<std::uint32_t>(sampling.v)};
}

struct JpegBand::Impl {
    explicit Impl(JpegOptions o) : options(o) {
        info.err = trap.manager();
        jpeg_create_compress(&info);
        target.manager.init_destination = do_nothing;
        target.manager.empty_output_buffer = grow;
        target.manager.term_destination = do_nothing;
        info.dest = &target.manager;
    }
    ~Impl() { jpeg_destroy_compress(&info); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void begin(std::uint32_t width, const JpegRows& band, J_COLOR_SPACE colours, int channels, Subsampling subsampling, bool planes);
    bool feed_pixels(const ImageView& image, const JpegRows& band);
    bool feed_planes(YuvRows& rows, Subsampling subsampling, const JpegRows& band);
    std::span<const std::byte> finished(bool done);
    void gather(YuvRows& rows, std::uint32_t first);

    JpegOptions options;
    JpegTrap trap;
    jpeg_compress_struct info{};
    Target target;
    std::vector<std::uint8_t> memory;  // rows that are not in the picture as libjpeg wants them
    std::array<std::array<JSAMPROW, kMaxRows>, 3> rows_of{};
};

void JpegBand::Impl::begin(std::uint32_t width, const JpegRows& band, J_COLOR_SPACE colours, int channels, Subsampling subsampling,
                           bool planes) {
    info.image_width = width;
    info.image_height = band.count;
    info.in_color_space = colours;
    info.input_components = channels;
    jpeg_set_defaults(&info);
    jpeg_set_colorspace(&info, subsampling == Subsampling::gray ? JCS_GRAYSCALE : JCS_YCbCr);
    jpeg_set_quality(&info, options.quality, TRUE);
    // As exact as integers are. The faster one, JDCT_IFAST, is slower where there is AVX2, and by some per cent faster elsewhere.
    info.dct_method = JDCT_ISLOW;
    const Sampling sampling = sampling_of(subsampling);
    info.comp_info[0].h_samp_factor = sampling.h;
    info.comp_info[0].v_samp_factor = sampling.v;
    info.raw_data_in = planes ? TRUE : FALSE;
    info.restart_interval = band.restart_interval;
    target.begin(std::max<std::size_t>(65536, std::size_t{width} * band.count / 4));
    jpeg_start_compress(&info, TRUE);
}

// Packed pixels: rows go in as they are, or as pixels without alpha.
bool JpegBand::Impl::feed_pixels(const ImageView& image, const JpegRows& band) {
    const Extent extent = image.extent;
    const std::size_t stride = planes_of(image.format, extent)[0].stride;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(image.bytes.data()) + stride * band.first;
    const bool four = image.format == PixelFormat::rgba || image.format == PixelFormat::bgra;
    const bool gray = is_gray(image.format);
    const bool direct = !is_deep(image.format) && !four;
    const PixelFormat made = gray ? PixelFormat::gray : four ? image.format : PixelFormat::rgb24;
    // Blending goes to three channels and back to four, for the few rows that have something to blend.
    const PackedRow to_made = packed_row(image.format, four ? PixelFormat::rgb24 : made);
    const PackedRow to_four = packed_row(PixelFormat::rgb24, four ? image.format : PixelFormat::rgb24);
    const std::size_t made_stride = planes_of(made, extent)[0].stride;
    const std::size_t spare = kMaxRows * made_stride;  // where the three channels are
    if (!direct) memory.resize(spare + 3 * std::size_t{extent.width});
    J_COLOR_SPACE colours = JCS_EXT_RGB;
    if (gray) colours = JCS_GRAYSCALE;
    if (image.format == PixelFormat::bgr24) colours = JCS_EXT_BGR;
    if (image.format == PixelFormat::rgba) colours = JCS_EXT_RGBX;
    if (image.format == PixelFormat::bgra) colours = JCS_EXT_BGRX;
    const Subsampling subsampling = gray ? Subsampling::gray : options.subsampling;

    if (setjmp(trap.jump) != 0) return false;
    begin(extent.width, band, colours, gray ? 1 : four ? 4 : 3, subsampling, false);
    while (info.next_scanline < band.count) {
        const std::uint32_t count = std::min(kMaxRows, band.count - info.next_scanline);
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint8_t* row = bytes + stride * (info.next_scanline + i);
            if (!direct && !(four && all_opaque(row, extent.width))) {
                std::uint8_t* own = memory.data() + i * made_stride;
                if (four) {
                    to_made(row, memory.data() + spare, extent.width, options.matte);
                    to_four(memory.data() + spare, own, extent.width, options.matte);
                } else {
                    to_made(row, own, extent.width, options.matte);
                }
                row = own;
            }
            rows_of[0][i] = const_cast<JSAMPROW>(row);  // libjpeg only reads them
        }
        jpeg_write_scanlines(&info, rows_of[0].data(), count);
    }
    jpeg_finish_compress(&info);
    return true;
}

// The rows of all planes that one row of MCUs takes, the first being luma row `first`.
void JpegBand::Impl::gather(YuvRows& rows, std::uint32_t first) {
    std::uint8_t* free = memory.data();
    const std::size_t luma_padded = std::size_t{info.comp_info[0].width_in_blocks} * kBlock;
    const auto luma_rows = static_cast<std::uint32_t>(info.comp_info[0].v_samp_factor) * kBlock;
    const auto settle = [](const std::uint8_t* row, std::uint8_t* own, std::size_t n, std::size_t padded) {
        if (n == padded) return const_cast<JSAMPROW>(row);
        if (row != own) std::memcpy(own, row, n);
        pad(own, n, padded);
        return own;
    };
    // Below the picture its last row is repeated.
    for (std::uint32_t i = 0; i < luma_rows; ++i, free += luma_padded + 1) {
        const bool below = i > 0 && first + i >= rows.height();
        rows_of[0][i] = below ? rows_of[0][i - 1] : settle(rows.luma(first + i, free), free, rows.width(), luma_padded);
    }
    if (info.num_components == 1) return;
    const std::size_t padded = std::size_t{info.comp_info[1].width_in_blocks} * kBlock;
    const std::uint32_t chroma_first = first / static_cast<std::uint32_t>(info.comp_info[0].v_samp_factor);
    for (std::uint32_t i = 0; i < kBlock; ++i, free += 2 * padded) {
        if (i > 0 && chroma_first + i >= rows.chroma_height()) {
            rows_of[1][i] = rows_of[1][i - 1];
            rows_of[2][i] = rows_of[2][i - 1];
            continue;
        }
        const YuvRows::Chroma chroma = rows.chroma(chroma_first + i, free, free + padded);
        rows_of[1][i] = settle(chroma.u, free, rows.chroma_width(), padded);
        rows_of[2][i] = settle(chroma.v, free + padded, rows.chroma_width(), padded);
    }
}

// tjCompressFromYUVPlanes() does the same, but
// wants full range, and copies planes that are not whole blocks.
bool JpegBand::Impl::feed_planes(YuvRows& rows, Subsampling subsampling, const JpegRows& band) {
    if (setjmp(trap.jump) != 0) return false;
    begin(rows.width(), band, subsampling == Subsampling::gray ? JCS_GRAYSCALE : JCS_YCbCr, subsampling == Subsampling::gray ? 1 : 3,
          subsampling, true);
    const std::size_t luma_padded = std::size_t{info.comp_info[0].width_in_blocks} * kBlock;
    const std::size_t chroma_padded = info.num_components == 3 ? std::size_t{info.comp_info[1].width_in_blocks} * kBlock : 0;
    const auto luma_rows = static_cast<std::uint32_t>(info.comp_info[0].v_samp_factor) * kBlock;
    memory.resize(luma_rows * (luma_padded + 1) + 2 * kBlock * chroma_padded);
    JSAMPARRAY planes[3] = {rows_of[0].data(), rows_of[1].data(), rows_of[2].data()};
    while (info.next_scanline < info.image_height) {
        gather(rows, band.first + info.next_scanline);
        jpeg_write_raw_data(&info, planes, luma_rows);
    }
    jpeg_finish_compress(&info);
    return true;
}

std::span<const std::byte> JpegBand::Impl::finished(bool done) {
    if (done) return target.written();
    jpeg_abort_compress(&info);
    throw Error("cannot encode as JPEG: " + trap.words);
}

JpegBand::JpegBand(JpegOptions options) : impl_(std::make_unique<Impl>(options)) {}

JpegBand::~JpegBand() = default;

std::span<const std::byte> JpegBand::encode_pixels(const ImageView& image, const JpegRows& band) {
    return impl_->finished(impl_->feed_pixels(image, band));
}

std::span<const std::byte> JpegBand::encode_planes(YuvRows& rows, Subsampling subsampling, const JpegRows& band) {
    return impl_->finished(impl_->feed_planes(rows, subsampling, band));
}

}  // namespace framepipe
