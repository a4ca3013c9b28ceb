// What Pango would draw, as a list.
#pragma once

#include <vector>

#include "text/layout.hpp"

struct _PangoLayoutLine;
struct _PangoRenderer;

namespace framepipe {

/// Takes down what lines consist of: glyphs, underlines, backgrounds of parts of the text.
class StrokeCollector {
public:
    StrokeCollector();
    ~StrokeCollector();
    StrokeCollector(const StrokeCollector&) = delete;
    StrokeCollector& operator=(const StrokeCollector&) = delete;

    void begin() { strokes_.clear(); }
    /// x, y  the left end of the line's baseline, in Pango's units
    void draw(_PangoLayoutLine* line, int x, int y);
    const std::vector<Stroke>& strokes() const { return strokes_; }

private:
    _PangoRenderer* renderer_;
    std::vector<Stroke> strokes_;
};

}  // namespace framepipe
