#include "serve/client_message.hpp"

#include "frame/image_info.hpp"
#include "serve/base64.hpp"

namespace framepipe::serve {
namespace {

Frame picture_frame(const ImageInfo& image, Bytes payload) {
    Frame frame{Header(image.type), std::move(payload)};
    frame.header.set("width", std::int64_t{image.width});
    frame.header.set("height", std::int64_t{image.height});
    return frame;
}

}  // namespace

Frame frame_of_message(std::string_view payload, bool is_text) {
    const auto bytes = as_bytes(payload);
    if (is_text) return {Header("text/plain"), Bytes::copy_of(bytes)};
    if (const auto image = identify_image(bytes)) return picture_frame(*image, Bytes::copy_of(bytes));
    return {Header("application/octet-stream"), Bytes::copy_of(bytes)};
}

std::optional<DataUrl> parse_data_url(std::string_view text) {
    constexpr std::string_view kScheme = "data:image/";
    constexpr std::string_view kMark = ";base64,";
    constexpr std::size_t kLongestHead = 100;
    if (!text.starts_with(kScheme)) return std::nullopt;
    const std::size_t comma = text.substr(0, kLongestHead).find(kMark);
    if (comma == std::string_view::npos) return std::nullopt;
    const std::string_view head = text.substr(0, comma);
    const std::string_view type = head.substr(5, head.find(';') - 5);
    return DataUrl{type, text.substr(comma + kMark.size())};
}

std::optional<Frame> frame_of_data_url(const DataUrl& url) {
    auto bytes = decode_base64(url.base64);
    if (!bytes) return std::nullopt;
    const auto image = identify_image(*bytes);
    if (!image) return std::nullopt;
    return picture_frame(*image, Bytes::from(std::move(*bytes)));
}

}  // namespace framepipe::serve
