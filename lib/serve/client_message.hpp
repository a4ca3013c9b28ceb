// What a client's bare message is: text, a picture, or some bytes.
#pragma once

#include <optional>
#include <string_view>

#include "frame/frame.hpp"

namespace framepipe::serve {

/// The message as a frame: text is text/plain; a picture, known by its first bytes, has its type and
/// size; other bytes are application/octet-stream.
Frame frame_of_message(std::string_view payload, bool is_text);

/// A `data:` URL of a picture, in base64.
struct DataUrl {
    std::string_view type;    // "image/jpeg"
    std::string_view base64;  // the digits, unchecked
};
/// nullopt: the text is none
std::optional<DataUrl> parse_data_url(std::string_view text);

/// The picture in a data URL as a frame; nullopt if its digits are broken, or no picture.
std::optional<Frame> frame_of_data_url(const DataUrl& url);

}  // namespace framepipe::serve
