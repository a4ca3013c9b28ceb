// Text as positions of glyphs, by Pango.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "text/canvas.hpp"
#include "text/style.hpp"

struct _PangoFont;

namespace framepipe {

/// What is to be painted, in its order.
struct Stroke {
    _PangoFont* font = nullptr;  // null: `rect`
    std::uint32_t glyph = 0;
    int x = 0, y = 0;  // the pen, from the text's top left corner
    Rect rect;
    std::optional<Rgba> colour;  // absent: the style's
    bool background = false;     // of a part of the text, by markup: has no outline and no shadow
};

/// Lays texts out in one style. One thread at a time.
class TextLayout {
public:
    TextLayout(const TextStyle& style, std::function<void(const std::string& key, const std::string& line)> warn);
    ~TextLayout();

    /// Lays out `text`, which is valid UTF-8 without control characters.
    /// width, height  the room; absent: as much as the text takes. Lines are broken to the width, and the height
    ///                counts only for a style with `fit`
    /// throws         Error if the style has markup and the text's is wrong
    void set(const std::string& text, std::optional<int> width, std::optional<int> height);

    /// Of the lines, from the origin: how far they reach by their font's measures.
    Rect logical() const;
    /// How far their pixels reach.
    Rect ink() const;

    /// What is to be painted. Lines are aligned in `width`. Valid until the next set().
    const std::vector<Stroke>& strokes(int width);
    /// Of the lines, as strokes() has aligned them.
    Rect placed() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe
