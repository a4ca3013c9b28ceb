#include "text/stroke_collector.hpp"

#include <glib-object.h>
#include <pango/pango.h>

#include <algorithm>

namespace framepipe {
namespace {

/// A Pango renderer whose drawing is a list.
struct Collector {
    PangoRenderer parent;
    std::vector<Stroke>* strokes;
};

std::vector<Stroke>& strokes_of(PangoRenderer* renderer) {
    return *reinterpret_cast<Collector*>(renderer)->strokes;
}

/// The colour that the markup gives a part; nullopt: none.
std::optional<Rgba> colour_of(PangoRenderer* renderer, PangoRenderPart part) {
    const PangoColor* colour = pango_renderer_get_color(renderer, part);
    const guint16 alpha = pango_renderer_get_alpha(renderer, part);
    if (colour == nullptr) return {};
    const auto byte = [](guint16 deep) { return static_cast<std::uint8_t>((deep + 128U) / 257U); };
    return Rgba{byte(colour->red), byte(colour->green), byte(colour->blue), alpha == 0 ? std::uint8_t{255} : byte(alpha)};
}

/// An empty box in place of a character that no font has.
void draw_unknown(std::vector<Stroke>& strokes, PangoFont* font, PangoGlyph glyph, int x, int y, std::optional<Rgba> colour) {
    PangoRectangle ink;
    pango_font_get_glyph_extents(font, glyph, &ink, nullptr);
    const Rect box{PANGO_PIXELS(x + ink.x), PANGO_PIXELS(y + ink.y), PANGO_PIXELS(x + ink.x + ink.width),
                   PANGO_PIXELS(y + ink.y + ink.height)};
    if (box.empty()) return;
    const int line = std::max(1, box.height() / 20);
    const auto add = [&](const Rect& rect) { strokes.push_back({nullptr, 0, 0, 0, rect, colour, false}); };
    add({box.left, box.top, box.right, box.top + line});
    add({box.left, box.bottom - line, box.right, box.bottom});
    add({box.left, box.top + line, box.left + line, box.bottom - line});
    add({box.right - line, box.top + line, box.right, box.bottom - line});
}

void draw_glyphs(PangoRenderer* renderer, PangoFont* font, PangoGlyphString* glyphs, int x, int y) {
    std::vector<Stroke>& strokes = strokes_of(renderer);
    const std::optional<Rgba> colour = colour_of(renderer, PANGO_RENDER_PART_FOREGROUND);
    for (int i = 0; i < glyphs->num_glyphs; ++i) {
        const PangoGlyphInfo& info = glyphs->glyphs[i];
        const int pen_x = x + info.geometry.x_offset, pen_y = y + info.geometry.y_offset;
        x += info.geometry.width;
        if (info.glyph == PANGO_GLYPH_EMPTY) continue;
        if ((info.glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0) {
            draw_unknown(strokes, font, info.glyph, pen_x, pen_y, colour);
        } else {
            strokes.push_back({font, info.glyph, PANGO_PIXELS(pen_x), PANGO_PIXELS(pen_y), {}, colour, false});
        }
    }
}

void draw_rectangle(PangoRenderer* renderer, PangoRenderPart part, int x, int y, int width, int height) {
    const Rect rect{PANGO_PIXELS(x), PANGO_PIXELS(y), PANGO_PIXELS(x + width), std::max(PANGO_PIXELS(y) + 1, PANGO_PIXELS(y + height))};
    strokes_of(renderer).push_back({nullptr, 0, 0, 0, rect, colour_of(renderer, part), part == PANGO_RENDER_PART_BACKGROUND});
}

/// Pango draws the wave under a misspelt word of slanted pieces; a straight line is as good a hint here.
void draw_error_underline(PangoRenderer* renderer, int x, int y, int width, int height) {
    draw_rectangle(renderer, PANGO_RENDER_PART_UNDERLINE, x, y + height / 3, width, height / 3);
}

void init_class(gpointer type, gpointer) {
    auto* functions = static_cast<PangoRendererClass*>(type);
    functions->draw_glyphs = draw_glyphs;
    functions->draw_rectangle = draw_rectangle;
    functions->draw_error_underline = draw_error_underline;
}

GType collector_type() {
    static const GType type = g_type_register_static_simple(PANGO_TYPE_RENDERER, "FramepipeStrokeCollector", sizeof(PangoRendererClass),
                                                            init_class, sizeof(Collector), nullptr, GTypeFlags{});
    return type;
}

}  // namespace

StrokeCollector::StrokeCollector() : renderer_(PANGO_RENDERER(g_object_new(collector_type(), nullptr))) {
    reinterpret_cast<Collector*>(renderer_)->strokes = &strokes_;
}

StrokeCollector::~StrokeCollector() {
    g_object_unref(renderer_);
}

void StrokeCollector::draw(_PangoLayoutLine* line, int x, int y) {
    pango_renderer_draw_layout_line(renderer_, line, x, y);
}

}  // namespace framepipe
