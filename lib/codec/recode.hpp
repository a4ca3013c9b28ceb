// Frames with their pictures as one type.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "codec/codec.hpp"
#include "frame/frame.hpp"
#include "image/pixel_format.hpp"

namespace framepipe {

/// What pictures are to be: encoded, or pixels.
using PictureType = std::variant<ImageType, PixelFormat>;

/// "jpeg", "jpg", "png", "webp" or a pixel format's name; nullopt: none of these.
std::optional<PictureType> picture_type(std::string_view name);

struct RecodeOptions {
    PictureType type = ImageType::jpeg;
    EncodeOptions encoding;
    /// Pictures that have the type already are encoded anew, too.
    bool always = false;
    std::uint64_t max_pixels = kDefaultMaxPixels;
};

/// A frame and what became of it.
struct Recoded {
    enum class Outcome {
        made,       // its picture has the type now
        untouched,  // it had it before
        passed,     // it is no picture that we know: text, JSON, the end of a stream
        bad,        // its picture cannot be decoded or encoded; the frame is as it came
    };
    Frame frame;
    Outcome outcome = Outcome::passed;
    std::string why;  // bad: one line
};

/// Makes the pictures of frames one type. Every other key of the header stays. One thread at a time.
class Recoder {
public:
    explicit Recoder(const RecodeOptions& options);
    ~Recoder();

    /// crew  helps with the picture; null: nobody does
    Recoded operator()(Frame frame, Crew* crew = nullptr);

private:
    bool has_type(const Frame& frame) const;
    Frame make(const Frame& frame, Crew* crew);

    RecodeOptions options_;
    std::unique_ptr<ImageEncoder> encoder_;  // null: to pixels
};

}  // namespace framepipe
