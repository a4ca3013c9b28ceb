// Glyphs that a font has as bitmaps, in the size that is wanted.
#pragma once

#include "text/canvas.hpp"

namespace framepipe {

/// A glyph of coverage as it is; one of colour, which comes as FreeType has it (bgra, premultiplied), as rgba
/// with straight alpha. Both `scale` times as large: by the mean of what a pixel covers, or, where they grow, by
/// linear interpolation.
GlyphImage scaled_bitmap(GlyphImage glyph, double scale);

}  // namespace framepipe
