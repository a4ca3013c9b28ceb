// PNG by libpng. As in jpeg_error.hpp: libpng ends a call by a jump, so nothing with a destructor stands
// between setjmp and the calls.
#include <png.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "codec/decode.hpp"
#include "codec/png.hpp"
#include "frame/error.hpp"
#include "image/convert.hpp"

namespace framepipe {
namespace {

void keep_words(png_structp png, png_const_charp words) {
    *static_cast<std::string*>(png_get_error_ptr(png)) = words;
    png_longjmp(png, 1);
}

void say_nothing(png_structp, png_const_charp) {}

// What a PNG of a pixel format is.
struct Kind {
    PixelFormat format;  // of the rows that libpng gets
    int colour_type;
    int depth;
    bool bgr;
};

Kind kind_for(PixelFormat format) {
    switch (format) {
        case PixelFormat::bgr24:
            return {format, PNG_COLOR_TYPE_RGB, 8, true};
        case PixelFormat::rgba:
            return {format, PNG_COLOR_TYPE_RGB_ALPHA, 8, false};
        case PixelFormat::bgra:
            return {format, PNG_COLOR_TYPE_RGB_ALPHA, 8, true};
        case PixelFormat::gray:
            return {format, PNG_COLOR_TYPE_GRAY, 8, false};
        case PixelFormat::gray16le:
            return {format, PNG_COLOR_TYPE_GRAY, 16, false};
        case PixelFormat::rgb48le:
            return {format, PNG_COLOR_TYPE_RGB, 16, false};
        case PixelFormat::rgba64le:
            return {format, PNG_COLOR_TYPE_RGB_ALPHA, 16, false};
        default:
            return {PixelFormat::rgb24, PNG_COLOR_TYPE_RGB, 8, false};
    }
}

class PngEncoder : public ImageEncoder {
public:
    explicit PngEncoder(int level) : level_(level) {}

    Bytes encode(const ImageView& image, Crew*) override {
        const Kind kind = kind_for(image.format);
        Image converted;
        ImageView view = image;
        if (kind.format != image.format) {
            converted = convert(image, kind.format);
            view = converted.view();
        }
        output_.clear();
        if (!write(view, kind)) throw Error("cannot encode as PNG: " + words_);
        return Bytes::copy_of(std::as_bytes(std::span(output_)));
    }

private:
    static void append(png_structp png, png_bytep data, std::size_t size) {
        auto& output = *static_cast<std::vector<std::uint8_t>*>(png_get_io_ptr(png));
        output.insert(output.end(), data, data + size);
    }
    static void no_flush(png_structp) {}

    bool write(const ImageView& image, const Kind& kind) {
        struct Writing {
            png_structp png = nullptr;
            png_infop info = nullptr;
            ~Writing() { png_destroy_write_struct(&png, &info); }
        } w;
        w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &words_, keep_words, say_nothing);
        if (w.png != nullptr) w.info = png_create_info_struct(w.png);
        if (w.info == nullptr) throw Error("cannot encode as PNG: out of memory");
        const std::size_t stride = planes_of(image.format, image.extent)[0].stride;
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(image.bytes.data());

        if (setjmp(png_jmpbuf(w.png)) != 0) return false;
        png_set_write_fn(w.png, &output_, append, no_flush);
        png_set_user_limits(w.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
        png_set_compression_level(w.png, level_);
        // One filter for all rows: choosing one for each costs more than the compression it gains at
        // the levels that a stream can afford.
        png_set_filter(w.png, PNG_FILTER_TYPE_BASE, level_ == 0 ? PNG_FILTER_NONE : level_ <= 3 ? PNG_FILTER_UP : PNG_ALL_FILTERS);
        png_set_IHDR(w.png, w.info, image.extent.width, image.extent.height, kind.depth, kind.colour_type, PNG_INTERLACE_NONE,
                     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        png_write_info(w.png, w.info);
        if (kind.bgr) png_set_bgr(w.png);
        if (kind.depth == 16) png_set_swap(w.png);  // PNG is big-endian, our samples are little-endian
        for (std::uint32_t y = 0; y < image.extent.height; ++y) png_write_row(w.png, bytes + stride * y);
        png_write_end(w.png, w.info);
        return true;
    }

    int level_;
    std::vector<std::uint8_t> output_;
    std::string words_;
};

// A reading and all that it needs, so that a jump out of libpng passes over no destructor.
struct Decoder {
    Decoder() {
        png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &words, keep_words, say_nothing);
        if (png != nullptr) info = png_create_info_struct(png);
        if (info == nullptr) throw Error("cannot decode PNG: out of memory");
    }
    ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    static void take(png_structp png, png_bytep to, std::size_t size) {
        auto& left = *static_cast<std::span<const std::byte>*>(png_get_io_ptr(png));
        if (size > left.size()) png_error(png, "the data ends too early");
        std::memcpy(to, left.data(), size);
        left = left.subspan(size);
    }

    bool read_header();
    bool read_rows();

    png_structp png = nullptr;
    png_infop info = nullptr;
    std::string words;
    std::span<const std::byte> left;
    Image image;
};

bool Decoder::read_header() {
    if (setjmp(png_jmpbuf(png)) != 0) return false;
    png_set_read_fn(png, &left, take);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_read_info(png, info);
    image.extent = {png_get_image_width(png, info), png_get_image_height(png, info)};
    return true;
}

bool Decoder::read_rows() {
    if (setjmp(png_jmpbuf(png)) != 0) return false;
    const int colour = png_get_color_type(png, info);
    const bool deep = png_get_bit_depth(png, info) == 16;
    const bool alpha = (colour & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png, info, PNG_INFO_tRNS) != 0;
    const bool gray = (colour & PNG_COLOR_MASK_COLOR) == 0 && !alpha;
    png_set_expand(png);  // palettes, depths below 8, tRNS
    if (!gray) png_set_gray_to_rgb(png);
    if (deep) png_set_swap(png);
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    image.format = gray    ? (deep ? PixelFormat::gray16le : PixelFormat::gray)
                   : alpha ? (deep ? PixelFormat::rgba64le : PixelFormat::rgba)
                           : (deep ? PixelFormat::rgb48le : PixelFormat::rgb24);
    image.pixels = Block(picture_size(image.format, image.extent));
    const std::size_t stride = planes_of(image.format, image.extent)[0].stride;
    if (png_get_rowbytes(png, info) != stride) png_error(png, "rows have an unexpected length");
    auto* out = reinterpret_cast<std::uint8_t*>(image.pixels.data());
    for (int pass = 0; pass < passes; ++pass) {
        for (std::uint32_t y = 0; y < image.extent.height; ++y) png_read_row(png, out + stride * y, nullptr);
    }
    png_read_end(png, nullptr);
    return true;
}

}  // namespace

std::unique_ptr<ImageEncoder> make_png_encoder(int level) {
    return std::make_unique<PngEncoder>(level);
}

Image decode_png(std::span<const std::byte> bytes, std::uint64_t max_pixels) {
    Decoder decoder;
    decoder.left = bytes;
    if (!decoder.read_header()) throw Error("cannot decode PNG: " + decoder.words);
    check_extent("PNG", decoder.image.extent.width, decoder.image.extent.height, max_pixels);
    if (!decoder.read_rows()) throw Error("cannot decode PNG: " + decoder.words);
    return std::move(decoder.image);
}

}  // namespace framepipe
