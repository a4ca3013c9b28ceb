// Pixels that text is drawn on: rgba with straight alpha, and masks.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "frame/bytes.hpp"
#include "image/pixel_format.hpp"
#include "text/rgba.hpp"

namespace framepipe {

/// From the left and top edge up to, not with, the right and bottom one. Empty if these meet.
struct Rect {
    int left = 0, top = 0, right = 0, bottom = 0;
    int width() const { return right - left; }
    int height() const { return bottom - top; }
    bool empty() const { return right <= left || bottom <= top; }
    Rect moved(int x, int y) const { return {left + x, top + y, right + x, bottom + y}; }
    Rect grown(int by) const { return {left - by, top - by, right + by, bottom + by}; }
    friend bool operator==(const Rect&, const Rect&) = default;
};
Rect united(const Rect& a, const Rect& b);
Rect common(const Rect& a, const Rect& b);

/// A glyph as pixels. Its top left corner lies `left` right of and `top` above the pen, which stands on the baseline.
struct GlyphImage {
    int left = 0, top = 0, width = 0, height = 0;
    bool colour = false;               // rgba, straight alpha; else coverage, one byte a pixel
    std::vector<std::uint8_t> pixels;  // tight rows
};

/// Coverage of a part of a picture.
class Mask {
public:
    explicit Mask(const Rect& area);
    const Rect& area() const { return area_; }
    const std::uint8_t* row(int y) const {
        return &bytes_[static_cast<std::size_t>(y - area_.top) * static_cast<std::size_t>(area_.width())];
    }
    std::uint8_t* row(int y) { return const_cast<std::uint8_t*>(std::as_const(*this).row(y)); }

    /// Adds a glyph, of colour or not, with its top left corner at (x, y). Where glyphs overlap, the greater coverage counts.
    void add(const GlyphImage& glyph, int x, int y);
    void add(const Rect& rect);
    /// Softens the edges: twice the mean over a square, which is near to a Gaussian.
    void blur(unsigned radius);

private:
    void blur_once(int radius);
    Rect area_;
    std::vector<std::uint8_t> bytes_;
};

/// A picture, kept from one text to the next: only the rows that were drawn on are cleared again.
class Canvas {
public:
    /// Makes it ready for a picture of `extent`, filled with `background`. What share() gave before stays as it is.
    void begin(Extent extent, Rgba background);

    Extent extent() const { return extent_; }
    Rect whole() const { return {0, 0, static_cast<int>(extent_.width), static_cast<int>(extent_.height)}; }

    void fill(const Rect& rect, Rgba colour);
    /// Coverage in `colour`, or the glyph's own colours weighed by `colour.a`; top left corner at (x, y).
    void draw(const GlyphImage& glyph, int x, int y, Rgba colour);
    void draw(const Mask& mask, int x, int y, Rgba colour);

    /// The pixels, shared: they change no more as long as somebody holds them.
    Bytes share();

private:
    std::uint8_t* row(int y);
    void touch(const Rect& rect);

    Extent extent_;
    Rgba background_;
    std::shared_ptr<Block> block_;
    int touched_top_ = 0, touched_bottom_ = 0;  // rows
};

}  // namespace framepipe
