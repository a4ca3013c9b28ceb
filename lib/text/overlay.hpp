// Text over the pictures of a stream.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "codec/codec.hpp"
#include "frame/frame.hpp"
#include "text/renderer.hpp"

namespace framepipe {

/// Which point of the picture, and of the text, lie on each other: a corner, the middle of a side, or the middle.
struct Anchor {
    int across = 0, down = 0;  // 0 left or top, 1 middle, 2 right or bottom
};
/// "top-left", "top", "center", "bottom-right" and so on. throws UsageError
Anchor parse_anchor(std::string_view words);

struct OverlayPlace {
    Anchor anchor;
    /// Pixels from the anchor's edges inward; from the middle, right and down.
    int x = 0, y = 0;
};

/// Draws text over pictures. What is pixels stays pixels of the same format; a JPEG, PNG or WebP is decoded, drawn
/// on and encoded again as what it was, JPEG's subsampling included. One thread at a time.
class Overlay {
public:
    /// quality  1 to 100, of JPEG and lossy WebP
    Overlay(TextRenderer& renderer, OverlayPlace place, int quality);
    ~Overlay();

    /// The frame with `text` on it; other keys of its header stay. An empty text changes nothing.
    /// frame   a picture: image/x-raw, JPEG, PNG or WebP
    /// throws  Error if it cannot be decoded or encoded, or the text cannot be drawn
    Frame draw(Frame frame, const std::string& text);

private:
    void put(Image& image, const std::string& text);
    Bytes encode(ImageType type, bool lossless, const Image& image);

    TextRenderer& renderer_;
    OverlayPlace place_;
    int quality_;
    std::map<std::pair<ImageType, bool>, std::unique_ptr<ImageEncoder>> encoders_;
    // The text drawn last: a label that stays is drawn once.
    std::string text_;
    std::uint32_t width_ = 0;
    std::optional<TextPicture> patch_;
};

}  // namespace framepipe
