#include "text/layout.hpp"

#include <fmt/format.h>
#include <glib-object.h>
#include <pango/pango.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "frame/error.hpp"
#include "text/font_map.hpp"
#include "text/missing.hpp"
#include "text/stroke_collector.hpp"

namespace framepipe {
namespace {

template <auto release>
struct Released {
    template <typename T>
    void operator()(T* object) const {
        release(object);
    }
};
using Layout = std::unique_ptr<PangoLayout, Released<g_object_unref>>;
using Context = std::unique_ptr<PangoContext, Released<g_object_unref>>;
using FontDescription = std::unique_ptr<PangoFontDescription, Released<pango_font_description_free>>;
using LayoutIter = std::unique_ptr<PangoLayoutIter, Released<pango_layout_iter_free>>;
using Attributes = std::unique_ptr<PangoAttrList, Released<pango_attr_list_unref>>;

PangoWrapMode wrap_mode(Wrap wrap) {
    switch (wrap) {
        case Wrap::word:
            return PANGO_WRAP_WORD;
        case Wrap::character:
            return PANGO_WRAP_CHAR;
        default:
            return PANGO_WRAP_WORD_CHAR;
    }
}

int pixels(int pango) {
    return PANGO_PIXELS(pango);
}

/// How far to the right a line begins.
int offset_of(Align align, PangoLayoutLine* line, int spare) {
    switch (align) {
        case Align::left:
            return 0;
        case Align::center:
            return spare / 2;
        case Align::right:
            return spare;
        default:
            return pango_layout_line_get_resolved_direction(line) == PANGO_DIRECTION_RTL ? spare : 0;
    }
}

/// The longest run that Pango gets in one piece, in bytes.
constexpr std::size_t kPiece = 256;

bool may_cut(gunichar before, gunichar after) {
    const auto joins = [](gunichar c) {
        return g_unichar_ismark(c) || c == 0x200c || c == 0x200d || (c >= 0x1f1e6 && c <= 0x1f1ff) || (c >= 0x1f3fb && c <= 0x1f3ff);
    };
    return !joins(before) && !joins(after);
}

/// For each line that Pango breaks off a word it shapes all that is left of the word anew: seconds for a word of
/// many lines. So long text is cut into runs, by an attribute that changes nothing but where runs end.
void cut_runs(PangoAttrList* attributes, std::string_view text) {
    std::size_t begin = 0;
    bool marked = false;
    for (std::size_t at = kPiece; at < text.size();) {
        const char* here = text.data() + at;
        if ((*here & 0xc0) == 0x80) {
            ++at;
            continue;
        }
        if (!may_cut(g_utf8_get_char(g_utf8_prev_char(here)), g_utf8_get_char(here))) {
            ++at;
            continue;
        }
        if (marked) {
            PangoAttribute* attribute = pango_attr_gravity_hint_new(PANGO_GRAVITY_HINT_NATURAL);
            attribute->start_index = static_cast<guint>(begin);
            attribute->end_index = static_cast<guint>(at);
            pango_attr_list_insert_before(attributes, attribute);
        }
        marked = !marked;
        begin = at;
        at += kPiece;
    }
}

}  // namespace

struct TextLayout::Impl {
    TextStyle style;
    std::function<void(const std::string&, const std::string&)> warn;
    FontMap fonts;
    Context context;
    Layout layout;
    FontDescription font;
    double size = 0;  // of the font that the layout has now
    StrokeCollector collector;
    Rect placed;

    Impl(const TextStyle& wanted, std::function<void(const std::string&, const std::string&)> told)
        : style(wanted), warn(std::move(told)), fonts(style.font, warn) {
        context.reset(fonts.make_context());
        if (!style.language.empty()) pango_context_set_language(context.get(), pango_language_from_string(style.language.c_str()));
        layout.reset(pango_layout_new(context.get()));
        pango_layout_set_wrap(layout.get(), wrap_mode(style.wrap));
        pango_layout_set_justify(layout.get(), style.align == Align::justify);
        if (style.line_spacing != 1) pango_layout_set_line_spacing(layout.get(), static_cast<float>(style.line_spacing));
        font.reset(pango_font_description_copy(fonts.description()));
        set_size(style.font_size);
    }

    void set_size(double pixels_high) {
        if (pixels_high == size) return;
        size = pixels_high;
        pango_font_description_set_absolute_size(font.get(), size * PANGO_SCALE);
        pango_layout_set_font_description(layout.get(), font.get());
    }

    void set_text(const std::string& text) {
        if (!style.markup) {
            Attributes attributes;
            if (text.size() > 2 * kPiece) {
                attributes.reset(pango_attr_list_new());
                cut_runs(attributes.get(), text);
            }
            pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
            pango_layout_set_attributes(layout.get(), attributes.get());
            return;
        }
        PangoAttrList* parsed = nullptr;
        char* plain = nullptr;
        GError* error = nullptr;
        if (!pango_parse_markup(text.data(), static_cast<int>(text.size()), 0, &parsed, &plain, nullptr, &error)) {
            std::string why = error->message;
            g_error_free(error);
            std::ranges::replace(why, '\n', ' ');
            throw Error("cannot read the markup: " + why);
        }
        const Attributes attributes(parsed);
        const std::unique_ptr<char, Released<g_free>> owned(plain);
        cut_runs(attributes.get(), plain);
        pango_layout_set_text(layout.get(), plain, -1);
        pango_layout_set_attributes(layout.get(), attributes.get());
    }

    bool fits(int width, int height, double pixels_high) {
        set_size(pixels_high);
        int text_width = 0, text_height = 0;
        pango_layout_get_pixel_size(layout.get(), &text_width, &text_height);
        return text_width <= width && text_height <= height;
    }

    /// The largest size, up to the style's, at which the text fits; whole pixels, but below 8.
    void shrink(int width, int height) {
        // A word is rather made smaller than broken.
        const bool breaks = style.wrap == Wrap::word_character;
        if (breaks) pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD);
        if (!fits(width, height, style.font_size)) {
            double good = kMinFontSize, bad = style.font_size;
            while (bad - good > (good < 8 ? 0.25 : 1)) {
                const double middle = good < 8 ? (good + bad) / 2 : std::floor((good + bad) / 2);
                (fits(width, height, middle) ? good : bad) = middle;
            }
            set_size(good);
        }
        if (breaks) pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    }

    void say_missing() {
        if (!warn || pango_layout_get_unknown_glyphs_count(layout.get()) == 0) return;
        const LayoutIter at(pango_layout_get_iter(layout.get()));
        do {
            const PangoLayoutRun* run = pango_layout_iter_get_run_readonly(at.get());
            for (int i = 0; run != nullptr && i < run->glyphs->num_glyphs; ++i) {
                const PangoGlyph glyph = run->glyphs->glyphs[i].glyph;
                if (glyph == PANGO_GLYPH_EMPTY || (glyph & PANGO_GLYPH_UNKNOWN_FLAG) == 0) continue;
                const MissingGlyph missing = missing_glyph(glyph & ~PANGO_GLYPH_UNKNOWN_FLAG);
                warn(missing.key, missing.line);
            }
        } while (pango_layout_iter_next_run(at.get()));
    }
};

TextLayout::TextLayout(const TextStyle& style, std::function<void(const std::string&, const std::string&)> warn)
    : impl_(std::make_unique<Impl>(style, std::move(warn))) {}

TextLayout::~TextLayout() = default;

void TextLayout::set(const std::string& text, std::optional<int> width, std::optional<int> height) {
    PangoLayout* layout = impl_->layout.get();
    const bool wraps = width && impl_->style.wrap != Wrap::none;
    pango_layout_set_width(layout, wraps ? std::max(*width, 1) * PANGO_SCALE : -1);
    impl_->set_text(text);
    if (impl_->style.fit && width && height) impl_->shrink(*width, *height);
    impl_->say_missing();
}

Rect TextLayout::logical() const {
    int width = 0, height = 0;
    pango_layout_get_pixel_size(impl_->layout.get(), &width, &height);
    return {0, 0, width, height};
}

Rect TextLayout::ink() const {
    Rect all;
    const LayoutIter at(pango_layout_get_iter(impl_->layout.get()));
    do {
        PangoRectangle ink, line;
        pango_layout_iter_get_line_extents(at.get(), &ink, &line);
        if (ink.width == 0 || ink.height == 0) continue;
        // Lines are aligned later, so only how far ink reaches beyond its line counts.
        all = united(
            all, {pixels(ink.x - line.x) - 1, pixels(ink.y) - 1, pixels(ink.x - line.x + ink.width) + 1, pixels(ink.y + ink.height) + 1});
    } while (pango_layout_iter_next_line(at.get()));
    return all;
}

const std::vector<Stroke>& TextLayout::strokes(int width) {
    impl_->collector.begin();
    impl_->placed = {};
    const LayoutIter at(pango_layout_get_iter(impl_->layout.get()));
    do {
        PangoLayoutLine* line = pango_layout_iter_get_line_readonly(at.get());
        PangoRectangle logical;
        pango_layout_iter_get_line_extents(at.get(), nullptr, &logical);
        const int x = offset_of(impl_->style.align, line, width - pixels(logical.width));
        impl_->placed = united(impl_->placed, {x, pixels(logical.y), x + pixels(logical.width), pixels(logical.y + logical.height)});
        impl_->collector.draw(line, x * PANGO_SCALE, pango_layout_iter_get_baseline(at.get()));
    } while (pango_layout_iter_next_line(at.get()));
    return impl_->collector.strokes();
}

Rect TextLayout::placed() const {
    return impl_->placed;
}

}  // namespace framepipe
