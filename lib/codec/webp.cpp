#include "codec/webp.hpp"

#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include <cstring>
#include <vector>

#include "codec/decode.hpp"
#include "frame/error.hpp"
#include "image/convert.hpp"

namespace framepipe {
namespace {

const char* reason(WebPEncodingError error) {
    switch (error) {
        case VP8_ENC_ERROR_OUT_OF_MEMORY:
        case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
            return "out of memory";
        case VP8_ENC_ERROR_PARTITION0_OVERFLOW:
        case VP8_ENC_ERROR_PARTITION_OVERFLOW:
            return "more data than the format can hold; a lower quality may help";
        case VP8_ENC_ERROR_FILE_TOO_BIG:
            return "over 4 GiB";
        default:
            return "libwebp failed";
    }
}

const char* reason(VP8StatusCode status) {
    switch (status) {
        case VP8_STATUS_OUT_OF_MEMORY:
            return "out of memory";
        case VP8_STATUS_UNSUPPORTED_FEATURE:
            return "it uses a feature that libwebp does not know";
        case VP8_STATUS_NOT_ENOUGH_DATA:
        case VP8_STATUS_SUSPENDED:
            return "the data ends too early";
        default:
            return "the data is damaged";
    }
}

int append(const std::uint8_t* data, std::size_t size, const WebPPicture* picture) {
    auto& output = *static_cast<std::vector<std::uint8_t>*>(picture->custom_ptr);
    try {
        output.insert(output.end(), data, data + size);
    } catch (const std::bad_alloc&) {
        return 0;
    }
    return 1;
}

class WebpEncoder : public ImageEncoder {
public:
    WebpEncoder(int quality, bool lossless) : lossless_(lossless) {
        if (WebPConfigInit(&config_) == 0) throw Error("cannot encode as WebP: libwebp is another version than it was built for");
        if (lossless) {
            WebPConfigLosslessPreset(&config_, 3);
            config_.exact = 1;  // colours under full transparency are data, too
        } else {
            config_.quality = static_cast<float>(quality);
        }
    }

    Bytes encode(const ImageView& image, Crew*) override {
        const Extent extent = image.extent;
        if (extent.width == 0 || extent.height == 0 || extent.width > WEBP_MAX_DIMENSION || extent.height > WEBP_MAX_DIMENSION) {
            throw Error(
                fmt::format("cannot encode {}x{} as WebP: each side must be 1 to {}", extent.width, extent.height, WEBP_MAX_DIMENSION));
        }
        struct Picture : WebPPicture {
            Picture() { WebPPictureInit(this); }
            ~Picture() { WebPPictureFree(this); }
            Picture(const Picture&) = delete;
            Picture& operator=(const Picture&) = delete;
        } picture;
        picture.width = static_cast<int>(extent.width);
        picture.height = static_cast<int>(extent.height);
        picture.writer = append;
        picture.custom_ptr = &output_;
        output_.clear();
        Image made;  // outlives the encoding
        const bool planes = !lossless_ && (is_yuv(image.format) || image.format == PixelFormat::gray);
        const bool taken = planes ? take_planes(picture, image, made) : take_pixels(picture, image, made);
        if (!taken || WebPEncode(&config_, &picture) == 0) {
            throw Error(fmt::format("cannot encode {}x{} as WebP: {}", extent.width, extent.height, reason(picture.error_code)));
        }
        return Bytes::copy_of(std::as_bytes(std::span(output_)));
    }

private:
    static bool take_planes(WebPPicture& picture, const ImageView& image, Image& made) {
        ImageView view = image;
        if (view.format != PixelFormat::yuv420p || view.range != Range::limited || view.matrix != Matrix::bt601) {
            made = convert(image, PixelFormat::yuv420p);
            view = made.view();
        }
        const auto planes = planes_of(view.format, view.extent);
        // libwebp only reads them.
        auto* bytes = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(view.bytes.data()));
        picture.use_argb = 0;
        picture.colorspace = WEBP_YUV420;
        picture.y = bytes;
        picture.u = bytes + planes[1].offset;
        picture.v = bytes + planes[2].offset;
        picture.y_stride = static_cast<int>(planes[0].stride);
        picture.uv_stride = static_cast<int>(planes[1].stride);
        return true;
    }

    bool take_pixels(WebPPicture& picture, const ImageView& image, Image& made) const {
        picture.use_argb = lossless_ ? 1 : 0;
        ImageView view = image;
        const PixelFormat f = image.format;
        if (f == PixelFormat::rgba64le) {
            made = convert(image, PixelFormat::rgba);
            view = made.view();
        } else if (f != PixelFormat::rgb24 && f != PixelFormat::bgr24 && f != PixelFormat::rgba && f != PixelFormat::bgra) {
            made = convert(image, PixelFormat::rgb24);
            view = made.view();
        }
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(view.bytes.data());
        const int stride = static_cast<int>(planes_of(view.format, view.extent)[0].stride);
        switch (view.format) {
            case PixelFormat::bgr24:
                return WebPPictureImportBGR(&picture, bytes, stride) != 0;
            case PixelFormat::rgba:
                return WebPPictureImportRGBA(&picture, bytes, stride) != 0;
            case PixelFormat::bgra:
                return WebPPictureImportBGRA(&picture, bytes, stride) != 0;
            default:
                return WebPPictureImportRGB(&picture, bytes, stride) != 0;
        }
    }

    bool lossless_;
    WebPConfig config_{};
    std::vector<std::uint8_t> output_;
};

}  // namespace

std::unique_ptr<ImageEncoder> make_webp_encoder(int quality, bool lossless) {
    return std::make_unique<WebpEncoder>(quality, lossless);
}

Image decode_webp(std::span<const std::byte> bytes, std::uint64_t max_pixels) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    WebPBitstreamFeatures features;
    const VP8StatusCode status = WebPGetFeatures(data, bytes.size(), &features);
    if (status != VP8_STATUS_OK) throw Error(std::string("cannot decode WebP: ") + reason(status));
    check_extent("WebP", static_cast<std::uint64_t>(features.width), static_cast<std::uint64_t>(features.height), max_pixels);
    if (features.has_animation != 0) throw Error("cannot decode WebP: it is an animation");
    Image image;
    image.format = features.has_alpha != 0 ? PixelFormat::rgba : PixelFormat::rgb24;
    image.extent = {static_cast<std::uint32_t>(features.width), static_cast<std::uint32_t>(features.height)};
    image.pixels = Block(picture_size(image.format, image.extent));
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0) throw Error("cannot decode WebP: libwebp is another version than it was built for");
    config.output.colorspace = features.has_alpha != 0 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = reinterpret_cast<std::uint8_t*>(image.pixels.data());
    config.output.u.RGBA.stride = static_cast<int>(planes_of(image.format, image.extent)[0].stride);
    config.output.u.RGBA.size = image.pixels.size();
    const VP8StatusCode decoded = WebPDecode(data, bytes.size(), &config);
    if (decoded != VP8_STATUS_OK) throw Error(std::string("cannot decode WebP: ") + reason(decoded));
    return image;
}

}  // namespace framepipe
