#include "codec/recode.hpp"

#include "frame/error.hpp"
#include "frame/image_info.hpp"

namespace framepipe {
namespace {

Frame encoded_frame(const Header& header, ImageType type, Extent extent, Bytes payload) {
    Frame out{header, std::move(payload)};
    out.header.set("type", mime_of(type));
    out.header.set("width", static_cast<std::int64_t>(extent.width));
    out.header.set("height", static_cast<std::int64_t>(extent.height));
    for (const char* key : {"format", "range", "matrix"}) out.header.erase(key);
    return out;
}

Frame pixel_frame(const Header& header, Image image) {
    Frame out{header, {}};
    describe_raw(out.header, image.view());
    out.payload = std::move(image.pixels).share();
    return out;
}

}  // namespace

std::optional<PictureType> picture_type(std::string_view name) {
    if (name == "jpeg" || name == "jpg") return ImageType::jpeg;
    if (name == "png") return ImageType::png;
    if (name == "webp") return ImageType::webp;
    if (const auto format = pixel_format(name)) return *format;
    return {};
}

Recoder::Recoder(const RecodeOptions& options) : options_(options) {
    if (const auto* type = std::get_if<ImageType>(&options_.type)) encoder_ = make_encoder(*type, options_.encoding);
}

Recoder::~Recoder() = default;

bool Recoder::has_type(const Frame& frame) const {
    // What only says that it is one has to be decoded, which tells what is wrong with it.
    if (const auto* type = std::get_if<ImageType>(&options_.type)) {
        if (frame.header.type() != mime_of(*type)) return false;
        const auto found = identify_image(frame.payload);
        return found && found->type == mime_of(*type);
    }
    return frame.header.is_raw() && raw_view(frame).format == std::get<PixelFormat>(options_.type);
}

Frame Recoder::make(const Frame& frame, Crew* crew) {
    const Rgb matte = options_.encoding.jpeg.matte;
    const auto* type = std::get_if<ImageType>(&options_.type);
    const auto* format = std::get_if<PixelFormat>(&options_.type);
    if (frame.header.is_raw()) {
        const ImageView view = raw_view(frame);
        if (type != nullptr) return encoded_frame(frame.header, *type, view.extent, encoder_->encode(view, crew));
        return pixel_frame(frame.header, convert(view, *format, matte, view.range, view.matrix));
    }
    if (format != nullptr) return pixel_frame(frame.header, decode_image(frame.payload, *format, options_.max_pixels, matte));
    const bool planes = *type == ImageType::jpeg || (*type == ImageType::webp && !options_.encoding.webp_lossless);
    const Image image = planes ? decode_planes(frame.payload, options_.max_pixels) : decode_image(frame.payload, {}, options_.max_pixels);
    return encoded_frame(frame.header, *type, image.extent, encoder_->encode(image.view(), crew));
}

Recoded Recoder::operator()(Frame frame, Crew* crew) {
    const bool picture = frame.header.is_raw() || image_type(frame.header.type());
    if (!picture || frame.header.end()) return {std::move(frame), Recoded::Outcome::passed, {}};
    try {
        if (!options_.always && has_type(frame)) return {std::move(frame), Recoded::Outcome::untouched, {}};
        Frame made = make(frame, crew);
        return {std::move(made), Recoded::Outcome::made, {}};
    } catch (const Error& error) {
        return {std::move(frame), Recoded::Outcome::bad, error.what()};
    }
}

}  // namespace framepipe
