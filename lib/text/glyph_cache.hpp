// Glyphs as pixels, made once each.
#pragma once

#include <cstdint>
#include <memory>

#include "text/canvas.hpp"

struct _PangoFont;

namespace framepipe {

/// Draws glyphs of Pango's fonts by FreeType, and keeps them. What it keeps is bounded: when that is full,
/// all of it goes. One thread at a time.
class GlyphCache {
public:
    GlyphCache();
    ~GlyphCache();
    GlyphCache(const GlyphCache&) = delete;
    GlyphCache& operator=(const GlyphCache&) = delete;

    /// glyph    its number in the font
    /// outline  0: the glyph; else the glyph and so many pixels around it (none of a glyph that is a bitmap)
    /// returns  valid until the next call; null if the font cannot draw it
    const GlyphImage* get(_PangoFont* font, std::uint32_t glyph, unsigned outline);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe
