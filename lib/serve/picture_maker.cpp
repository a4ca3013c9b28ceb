#include "serve/picture_maker.hpp"

#include "codec/codec.hpp"
#include "image/convert.hpp"

namespace framepipe::serve {

Bytes PictureMaker::jpeg(const Frame& frame) {
    if (frame.header.type() == "image/jpeg") return frame.payload;
    std::unique_ptr<JpegEncoder> encoder;
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            encoder = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    if (!encoder) {
        JpegOptions options;
        options.quality = quality_;
        encoder = std::make_unique<JpegEncoder>(options);
    }
    Bytes jpeg;
    if (frame.header.is_raw()) {
        jpeg = encoder->encode(raw_view(frame), &crew_);
    } else {
        const Image image = decode_image(frame.payload);
        jpeg = encoder->encode(image.view(), &crew_);
    }
    ++metrics_.jpeg_encodes;
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(encoder));
    return jpeg;
}

Bytes PictureMaker::png(const Frame& frame) {
    // Somebody waits for it now: a larger PNG that is made sooner is the better one.
    EncodeOptions options;
    options.png_level = 1;
    Bytes png = make_encoder(ImageType::png, options)->encode(raw_view(frame));
    ++metrics_.png_encodes;
    return png;
}

Bytes PictureMaker::rgba(const Frame& frame, Header& header) {
    Image image;
    if (frame.header.is_raw()) {
        const ImageView view = raw_view(frame);
        if (view.format == PixelFormat::rgba) {
            describe_raw(header, view);
            return frame.payload;
        }
        image = convert(view, PixelFormat::rgba);
    } else {
        image = decode_image(frame.payload, PixelFormat::rgba);
    }
    ++metrics_.rgba_decodes;
    describe_raw(header, image.view());
    return std::move(image.pixels).share();
}

}  // namespace framepipe::serve
