#include "codec/codec.hpp"

#include <fmt/format.h>

#include "codec/decode.hpp"
#include "codec/png.hpp"
#include "codec/webp.hpp"
#include "frame/error.hpp"
#include "frame/image_info.hpp"

namespace framepipe {
namespace {

class JpegImageEncoder : public ImageEncoder {
public:
    explicit JpegImageEncoder(const JpegOptions& options) : encoder_(options) {}
    Bytes encode(const ImageView& image, Crew* crew) override { return encoder_.encode(image, crew); }

private:
    JpegEncoder encoder_;
};

}  // namespace

std::string_view mime_of(ImageType type) {
    switch (type) {
        case ImageType::jpeg:
            return "image/jpeg";
        case ImageType::png:
            return "image/png";
        case ImageType::webp:
            return "image/webp";
    }
    return {};
}

std::optional<ImageType> image_type(std::string_view mime) {
    for (ImageType type : {ImageType::jpeg, ImageType::png, ImageType::webp}) {
        if (mime_of(type) == mime) return type;
    }
    return {};
}

std::unique_ptr<ImageEncoder> make_encoder(ImageType type, const EncodeOptions& options) {
    switch (type) {
        case ImageType::png:
            return make_png_encoder(options.png_level);
        case ImageType::webp:
            return make_webp_encoder(options.jpeg.quality, options.webp_lossless);
        case ImageType::jpeg:
            break;
    }
    return std::make_unique<JpegImageEncoder>(options.jpeg);
}

void check_extent(const char* type, std::uint64_t width, std::uint64_t height, std::uint64_t max_pixels) {
    if (width == 0 || height == 0) throw Error(fmt::format("cannot decode {}: it is {}x{}", type, width, height));
    if (width > max_pixels / height) {
        throw Error(fmt::format("cannot decode {}: {}x{} is over the limit of {} pixels", type, width, height, max_pixels));
    }
}

namespace {

ImageType type_of(std::span<const std::byte> bytes) {
    const std::optional<ImageType> type = image_type(sniff_image(bytes));
    if (!type) throw Error("cannot decode the picture: it is no JPEG, PNG or WebP");
    return *type;
}

Image decode_as(ImageType type, std::span<const std::byte> bytes, std::optional<PixelFormat> format, std::uint64_t max_pixels) {
    switch (type) {
        case ImageType::png:
            return decode_png(bytes, max_pixels);
        case ImageType::webp:
            return decode_webp(bytes, max_pixels);
        case ImageType::jpeg:
            break;
    }
    return decode_jpeg(bytes, format, max_pixels);
}

}  // namespace

Image decode_image(std::span<const std::byte> bytes, std::optional<PixelFormat> format, std::uint64_t max_pixels, Rgb matte) {
    const ImageType type = type_of(bytes);
    Image image = decode_as(type, bytes, format, max_pixels);
    const Range range = type == ImageType::jpeg ? Range::full : Range::limited;
    if (!format || (*format == image.format && (!is_yuv(image.format) || image.range == range))) return image;
    return convert(image.view(), *format, matte, range);
}

Image decode_planes(std::span<const std::byte> bytes, std::uint64_t max_pixels) {
    return decode_as(type_of(bytes), bytes, PixelFormat::yuv420p, max_pixels);
}

}  // namespace framepipe
