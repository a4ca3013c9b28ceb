#include "text/overlay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "frame/error.hpp"
#include "text/blend.hpp"

namespace framepipe {
namespace {

struct NamedAnchor {
    std::string_view name;
    Anchor anchor;
};
constexpr NamedAnchor kAnchors[] = {
    {"top-left", {0, 0}}, {"top", {1, 0}},         {"top-right", {2, 0}}, {"left", {0, 1}},         {"center", {1, 1}},
    {"right", {2, 1}},    {"bottom-left", {0, 2}}, {"bottom", {1, 2}},    {"bottom-right", {2, 2}},
};

/// Where something of `size` begins, `by` inward from its anchor.
int begin_at(int anchor, int by, std::uint32_t room, std::uint32_t size) {
    const int spare = static_cast<int>(room) - static_cast<int>(size);
    return anchor == 0 ? by : anchor == 1 ? spare / 2 + by : spare - by;
}

/// A WebP whose first picture chunk is lossless.
bool is_lossless_webp(std::span<const std::byte> bytes) {
    const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 64));
    return head.substr(std::min<std::size_t>(head.size(), 12)).find("VP8L") != std::string_view::npos;
}

}  // namespace

Anchor parse_anchor(std::string_view words) {
    const auto found = std::ranges::find(kAnchors, words, &NamedAnchor::name);
    if (found != std::end(kAnchors)) return found->anchor;
    throw UsageError(
        fmt::format("'{}' is no anchor: top-left, top, top-right, left, center, right, bottom-left, bottom or bottom-right", words));
}

Overlay::Overlay(TextRenderer& renderer, OverlayPlace place, int quality) : renderer_(renderer), place_(place), quality_(quality) {}

Overlay::~Overlay() = default;

void Overlay::put(Image& image, const std::string& text) {
    const auto taken = 2 * static_cast<std::int64_t>(std::abs(place_.anchor.across == 1 ? 0 : place_.x));
    const auto width = static_cast<std::uint32_t>(std::max<std::int64_t>(1, std::int64_t{image.extent.width} - taken));
    if (!patch_ || text != text_ || width != width_) {
        patch_.reset();
        patch_ = renderer_.draw(text, width);
        text_ = text;
        width_ = width;
    }
    const ImageView view{PixelFormat::rgba, patch_->extent, {}, {}, patch_->pixels};
    blend(image, view, begin_at(place_.anchor.across, place_.x, image.extent.width, patch_->extent.width),
          begin_at(place_.anchor.down, place_.y, image.extent.height, patch_->extent.height));
}

Bytes Overlay::encode(ImageType type, bool lossless, const Image& image) {
    std::unique_ptr<ImageEncoder>& encoder = encoders_[{type, lossless}];
    if (!encoder) {
        EncodeOptions options;
        options.jpeg.quality = quality_;
        options.webp_lossless = lossless;
        encoder = make_encoder(type, options);
    }
    return encoder->encode(image.view());
}

Frame Overlay::draw(Frame frame, const std::string& text) {
    if (text.empty()) return frame;
    if (frame.header.is_raw()) {
        const ImageView view = raw_view(frame);
        Image image{view.format, view.extent, view.range, view.matrix, Block(view.bytes.size())};
        std::memcpy(image.pixels.data(), view.bytes.data(), view.bytes.size());
        put(image, text);
        frame.payload = std::move(image.pixels).share();
        return frame;
    }
    const std::optional<ImageType> type = image_type(frame.header.type());
    if (!type) throw Error(fmt::format("cannot draw on {}", frame.header.type()));
    const bool lossless = *type == ImageType::webp && is_lossless_webp(frame.payload);
    // A JPEG's planes are drawn on as they are: what the text does not touch loses as little as can be.
    Image image = *type == ImageType::jpeg ? decode_planes(frame.payload) : decode_image(frame.payload);
    put(image, text);
    frame.payload = encode(*type, lossless, image);
    frame.header.set("width", static_cast<std::int64_t>(image.extent.width));
    frame.header.set("height", static_cast<std::int64_t>(image.extent.height));
    return frame;
}

}  // namespace framepipe
