#include "text/renderer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "frame/error.hpp"
#include "text/canvas.hpp"
#include "text/glyph_cache.hpp"
#include "text/layout.hpp"
#include "text/plain_text.hpp"

namespace framepipe {
namespace {

/// Pixels that a text takes beyond its lines, on each side.
struct Margins {
    int left = 0, top = 0, right = 0, bottom = 0;
    int across() const { return left + right; }
    int down() const { return top + bottom; }
};

int spare(Valign valign, int room) {
    return valign == Valign::top ? 0 : valign == Valign::middle ? room / 2 : room;
}

}  // namespace

struct TextRenderer::Impl {
    TextStyle style;
    TextLayout layout;
    GlyphCache glyphs;
    Canvas canvas;

    Impl(TextStyle wanted, std::function<void(const std::string&, const std::string&)> warn)
        : style(std::move(wanted)), layout(style, std::move(warn)) {}

    int box_padding() const { return style.box ? std::max(2, static_cast<int>(std::lround(style.font_size / 6))) : 0; }

    /// What outline, shadow, box and padding take.
    Margins margins() const {
        const int all = static_cast<int>(style.padding + style.outline) + box_padding();
        Margins m{all, all, all, all};
        // In a given size the text stays at its edge, and what a shadow loses there is not missed.
        if (style.shadow && !style.size) {
            const int blur = static_cast<int>(style.shadow->blur);
            m.left += std::max(0, blur - style.shadow->x);
            m.right += std::max(0, blur + style.shadow->x);
            m.top += std::max(0, blur - style.shadow->y);
            m.bottom += std::max(0, blur + style.shadow->y);
        }
        return m;
    }

    /// Ink beyond the lines (a slanted f, stacked accents) is given room, but not without end.
    Rect extents() const {
        const Rect logical = layout.logical();
        const int most = static_cast<int>(std::ceil(style.font_size));
        const Rect ink = layout.ink();
        if (ink.empty()) return logical;
        const Rect within = common(ink, logical.grown(most));
        // One pixel of rounding is no overhang.
        const auto beyond = [](int by) { return by > 1 ? by : 0; };
        return {logical.left - beyond(logical.left - within.left), logical.top - beyond(logical.top - within.top),
                logical.right + beyond(within.right - logical.right), logical.bottom + beyond(within.bottom - logical.bottom)};
    }

    static void check(std::int64_t width, std::int64_t height) {
        if (width <= kMaxTextSide && height <= kMaxTextSide && static_cast<std::uint64_t>(width * height) <= kMaxTextPixels) return;
        throw Error(
            fmt::format("cannot draw the text: its picture would be {}x{}, over the limit of {} a side and {} pixels; give a size, "
                        "which long lines are broken to",
                        width, height, kMaxTextSide, kMaxTextPixels));
    }

    TextPicture draw(std::string_view text, std::optional<std::uint32_t> wrap_width) {
        const Margins m = margins();
        std::optional<int> width, height;
        if (style.size) {
            width = std::max(1, static_cast<int>(style.size->width) - m.across());
            height = std::max(1, static_cast<int>(style.size->height) - m.down());
        } else if (wrap_width) {
            width = std::max(1, static_cast<int>(std::min(*wrap_width, kMaxTextSide)) - m.across());
        }
        layout.set(drawable_text(text), width, height);
        const Rect lines = layout.logical();
        Rect taken = lines;
        Extent extent = style.size.value_or(Extent{});
        if (!style.size) {
            taken = extents();
            const std::int64_t w = std::max(1, taken.width()) + m.across(), h = std::max(1, taken.height()) + m.down();
            check(w, h);
            extent = {static_cast<std::uint32_t>(w), static_cast<std::uint32_t>(h)};
        } else {
            check(extent.width, extent.height);
        }
        // Without a size, lines are aligned to each other.
        const int room = style.size ? *width : lines.width();
        const int x = m.left - taken.left;
        const int y = m.top - taken.top + (style.size ? spare(style.valign, *height - lines.height()) : 0);
        canvas.begin(extent, style.background);
        paint(layout.strokes(room), x, y);
        return {extent, canvas.share()};
    }

    void paint(const std::vector<Stroke>& strokes, int x, int y) {
        if (style.box && !strokes.empty()) {
            canvas.fill(layout.placed().grown(box_padding() + static_cast<int>(style.outline)).moved(x, y), *style.box);
        }
        for (const Stroke& stroke : strokes) {
            if (stroke.background && stroke.colour) canvas.fill(stroke.rect.moved(x, y), *stroke.colour);
        }
        if (style.shadow) paint_shadow(strokes, x, y);
        if (style.outline > 0) canvas.draw(silhouette(strokes, canvas.whole().moved(-x, -y)), x, y, style.outline_colour);
        for (const Stroke& stroke : strokes) {
            if (stroke.background) continue;
            const Rgba colour = stroke.colour.value_or(style.colour);
            if (stroke.font == nullptr) {
                canvas.fill(stroke.rect.moved(x, y), colour);
            } else if (const GlyphImage* glyph = glyphs.get(stroke.font, stroke.glyph, 0)) {
                canvas.draw(*glyph, x + stroke.x + glyph->left, y + stroke.y - glyph->top, colour);
            }
        }
    }

    void paint_shadow(const std::vector<Stroke>& strokes, int x, int y) {
        const Shadow& shadow = *style.shadow;
        const int reach = static_cast<int>(shadow.blur);
        Mask mask = silhouette(strokes, canvas.whole().moved(-x - shadow.x, -y - shadow.y).grown(reach));
        mask.blur(shadow.blur);
        canvas.draw(mask, x + shadow.x, y + shadow.y, shadow.colour);
    }

    /// All glyphs, with their outline, as one mask, so that where they overlap nothing is twice as dark.
    Mask silhouette(const std::vector<Stroke>& strokes, const Rect& visible) {
        Rect area;
        const int outline = static_cast<int>(style.outline);
        const auto each = [&](const auto& take) {
            for (const Stroke& stroke : strokes) {
                if (stroke.background) continue;
                if (stroke.font == nullptr) {
                    take(nullptr, stroke.rect.grown(outline));
                    continue;
                }
                const GlyphImage* glyph = glyphs.get(stroke.font, stroke.glyph, style.outline);
                if (glyph == nullptr && style.outline > 0) glyph = glyphs.get(stroke.font, stroke.glyph, 0);  // a bitmap
                if (glyph == nullptr) continue;
                const int left = stroke.x + glyph->left, top = stroke.y - glyph->top;
                take(glyph, Rect{left, top, left + glyph->width, top + glyph->height});
            }
        };
        each([&](const GlyphImage*, const Rect& rect) { area = united(area, rect); });
        const int blur = style.shadow ? static_cast<int>(style.shadow->blur) : 0;
        Mask mask(common(area.grown(blur), visible));
        each([&](const GlyphImage* glyph, const Rect& rect) {
            if (glyph != nullptr) {
                mask.add(*glyph, rect.left, rect.top);
            } else {
                mask.add(rect);
            }
        });
        return mask;
    }
};

TextRenderer::TextRenderer(TextStyle style, std::function<void(const std::string&, const std::string&)> warn)
    : impl_(std::make_unique<Impl>(std::move(style), std::move(warn))) {}

TextRenderer::~TextRenderer() = default;

TextPicture TextRenderer::draw(std::string_view text, std::optional<std::uint32_t> wrap_width) {
    return impl_->draw(text, wrap_width);
}

const TextStyle& TextRenderer::style() const {
    return impl_->style;
}

}  // namespace framepipe
