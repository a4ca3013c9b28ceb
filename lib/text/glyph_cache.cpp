#include "text/glyph_cache.hpp"

#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include <pango/pangofc-font.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <vector>

#include "frame/error.hpp"
#include "text/scale_bitmap.hpp"
#include FT_FREETYPE_H
#include FT_GLYPH_H
#include FT_MULTIPLE_MASTERS_H
#include FT_OUTLINE_H
#include FT_STROKER_H

namespace framepipe {
namespace {

constexpr std::size_t kMaxBytes = 64 << 20;
/// A glyph of more pixels than this is not drawn: at the largest font size none has them but by a font's fault.
constexpr std::int64_t kMaxGlyphPixels = 32 << 20;

FT_Int32 load_flags(FcPattern* pattern) {
    FcBool hinting = FcTrue, autohint = FcFalse;
    int style = FC_HINT_SLIGHT;
    FcPatternGetBool(pattern, FC_HINTING, 0, &hinting);
    FcPatternGetBool(pattern, FC_AUTOHINT, 0, &autohint);
    FcPatternGetInteger(pattern, FC_HINT_STYLE, 0, &style);
    FT_Int32 flags = FT_LOAD_NO_BITMAP;  // of pixels smaller than these an outline is nicer
    if (!hinting || style == FC_HINT_NONE) return flags | FT_LOAD_NO_HINTING;
    if (autohint) flags |= FT_LOAD_FORCE_AUTOHINT;
    return flags | (style == FC_HINT_SLIGHT ? FT_LOAD_TARGET_LIGHT : FT_LOAD_TARGET_NORMAL);
}

/// A font file at one size.
class FontFace {
public:
    FontFace(FT_Library library, PangoFont* font) : font_(PANGO_FONT(g_object_ref(font))) {
        FcPattern* pattern = pango_fc_font_get_pattern(PANGO_FC_FONT(font));
        FcChar8* file = nullptr;
        int index = 0;
        if (FcPatternGetString(pattern, FC_FILE, 0, &file) != FcResultMatch) return;
        FcPatternGetInteger(pattern, FC_INDEX, 0, &index);
        if (FT_New_Face(library, reinterpret_cast<const char*>(file), index, &face_) != 0) {
            face_ = nullptr;  // the file went away since Pango looked
            return;
        }
        double size = 16;
        FcPatternGetDouble(pattern, FC_PIXEL_SIZE, 0, &size);
        FcMatrix* matrix = nullptr;
        const bool transformed = FcPatternGetMatrix(pattern, FC_MATRIX, 0, &matrix) == FcResultMatch;
        FcBool embolden = FcFalse;
        FcPatternGetBool(pattern, FC_EMBOLDEN, 0, &embolden);
        embolden_ = embolden != FcFalse;
        set_variations(library, pattern);
        if (FT_IS_SCALABLE(face_)) {
            FT_Set_Char_Size(face_, 0, std::lround(size * 64), 72, 72);
            flags_ = load_flags(pattern) | (FT_HAS_COLOR(face_) ? FT_LOAD_COLOR : 0);
            if (transformed) {
                FT_Matrix m{std::lround(matrix->xx * 65536), std::lround(matrix->xy * 65536), std::lround(matrix->yx * 65536),
                            std::lround(matrix->yy * 65536)};
                FT_Set_Transform(face_, &m, nullptr);
            }
        } else {
            select_strike(size * (transformed ? matrix->yy : 1));
            flags_ = FT_LOAD_COLOR;
        }
    }
    ~FontFace() {
        if (face_ != nullptr) FT_Done_Face(face_);
        g_object_unref(font_);
    }
    FontFace(const FontFace&) = delete;
    FontFace& operator=(const FontFace&) = delete;

    GlyphImage draw(FT_Library library, std::uint32_t glyph, unsigned outline) {
        GlyphImage image;
        if (face_ == nullptr || FT_Load_Glyph(face_, glyph, flags_) != 0) return image;
        if (face_->glyph->format == FT_GLYPH_FORMAT_OUTLINE) {
            if (embolden_) FT_Outline_Embolden(&face_->glyph->outline, FT_Pos{face_->size->metrics.y_ppem} * 64 / 24);
            FT_BBox box;
            FT_Outline_Get_CBox(&face_->glyph->outline, &box);
            if (((box.xMax - box.xMin) >> 6) * ((box.yMax - box.yMin) >> 6) > kMaxGlyphPixels) return image;
        }
        if (outline > 0) return face_->glyph->format == FT_GLYPH_FORMAT_OUTLINE ? stroked(library, outline) : image;
        // A layered glyph comes as colours, others as coverage.
        if (FT_Render_Glyph(face_->glyph, FT_RENDER_MODE_NORMAL) != 0) return image;
        return scaled_bitmap(from_bitmap(face_->glyph->bitmap, face_->glyph->bitmap_left, face_->glyph->bitmap_top), scale_);
    }

private:
    void set_variations(FT_Library library, FcPattern* pattern) {
        FcChar8* words = nullptr;
        FT_MM_Var* axes = nullptr;
        if (!FT_HAS_MULTIPLE_MASTERS(face_) || FcPatternGetString(pattern, FC_FONT_VARIATIONS, 0, &words) != FcResultMatch) return;
        if (FT_Get_MM_Var(face_, &axes) != 0) return;
        std::vector<FT_Fixed> coordinates(axes->num_axis);
        for (FT_UInt i = 0; i < axes->num_axis; ++i) coordinates[i] = axes->axis[i].def;
        // "wght=600,wdth=90"
        const std::string all = reinterpret_cast<const char*>(words);
        for (std::size_t at = 0; at + 5 < all.size();) {
            const auto tag = FT_MAKE_TAG(all[at], all[at + 1], all[at + 2], all[at + 3]);
            for (FT_UInt i = 0; i < axes->num_axis; ++i) {
                if (axes->axis[i].tag == tag) coordinates[i] = std::lround(g_ascii_strtod(&all[at + 5], nullptr) * 65536);
            }
            const std::size_t comma = all.find(',', at);
            if (comma == std::string::npos) break;
            at = comma + 1;
        }
        FT_Set_Var_Design_Coordinates(face_, axes->num_axis, coordinates.data());
        FT_Done_MM_Var(library, axes);
    }

    /// Of the bitmaps that the font has, the smallest that is large enough.
    void select_strike(double wanted) {
        int best = 0;
        const auto height = [&](int i) { return static_cast<double>(face_->available_sizes[i].y_ppem) / 64; };
        for (int i = 1; i < face_->num_fixed_sizes; ++i) {
            const bool enough = height(i) >= wanted;
            if (enough ? height(best) < wanted || height(i) < height(best) : height(i) > height(best)) best = i;
        }
        if (face_->num_fixed_sizes == 0 || FT_Select_Size(face_, best) != 0) return;
        scale_ = wanted / height(best);
    }

    GlyphImage stroked(FT_Library library, unsigned outline) {
        GlyphImage image;
        FT_Stroker stroker = nullptr;
        FT_Glyph glyph = nullptr;
        if (FT_Stroker_New(library, &stroker) != 0) return image;
        FT_Stroker_Set(stroker, FT_Fixed{outline} * 64, FT_STROKER_LINECAP_ROUND, FT_STROKER_LINEJOIN_ROUND, 0);
        if (FT_Get_Glyph(face_->glyph, &glyph) == 0) {
            if (FT_Glyph_StrokeBorder(&glyph, stroker, 0, 1) == 0 && FT_Glyph_To_Bitmap(&glyph, FT_RENDER_MODE_NORMAL, nullptr, 1) == 0) {
                const auto* bitmap = reinterpret_cast<FT_BitmapGlyph>(glyph);
                image = from_bitmap(bitmap->bitmap, bitmap->left, bitmap->top);
            }
            FT_Done_Glyph(glyph);
        }
        FT_Stroker_Done(stroker);
        return image;
    }

    static GlyphImage from_bitmap(const FT_Bitmap& bitmap, int left, int top) {
        GlyphImage image{left, top, static_cast<int>(bitmap.width), static_cast<int>(bitmap.rows), bitmap.pixel_mode == FT_PIXEL_MODE_BGRA,
                         {}};
        const std::size_t width = bitmap.width;
        image.pixels.resize((image.colour ? 4 : 1) * width * bitmap.rows);
        std::uint8_t* to = image.pixels.data();
        for (unsigned y = 0; y < bitmap.rows; ++y) {
            const std::uint8_t* from = bitmap.buffer + static_cast<std::ptrdiff_t>(y) * bitmap.pitch;
            for (std::size_t x = 0; x < width; ++x) {
                if (image.colour) {
                    for (int i = 0; i < 4; ++i) *to++ = from[4 * x + static_cast<std::size_t>(i)];
                } else if (bitmap.pixel_mode == FT_PIXEL_MODE_MONO) {
                    *to++ = (from[x / 8] >> (7 - x % 8)) & 1 ? 255 : 0;
                } else {
                    *to++ = from[x];
                }
            }
        }
        return image;
    }

    PangoFont* font_;  // kept, so that its address means it alone
    FT_Face face_ = nullptr;
    FT_Int32 flags_ = FT_LOAD_DEFAULT;
    double scale_ = 1;  // of bitmaps
    bool embolden_ = false;
};

}  // namespace

struct GlyphCache::Impl {
    struct Font {
        Font(FT_Library library, PangoFont* font) : face(library, font) {}
        FontFace face;
        std::unordered_map<std::uint64_t, GlyphImage> glyphs;  // by outline and number
    };

    FT_Library library = nullptr;
    std::unordered_map<PangoFont*, std::unique_ptr<Font>> fonts;
    PangoFont* last_font = nullptr;
    Font* last = nullptr;  // the font of the glyph before is most often the next one's
    std::size_t bytes = 0;

    Font& font_of(PangoFont* font) {
        if (font == last_font) return *last;
        std::unique_ptr<Font>& entry = fonts[font];
        if (!entry) entry = std::make_unique<Font>(library, font);
        last_font = font;
        last = entry.get();
        return *last;
    }

    void clear() {
        fonts.clear();
        last_font = nullptr;
        last = nullptr;
        bytes = 0;
    }
};

GlyphCache::GlyphCache() : impl_(std::make_unique<Impl>()) {
    if (FT_Init_FreeType(&impl_->library) != 0) throw Error("cannot draw text: FreeType does not start");
}

GlyphCache::~GlyphCache() {
    impl_->clear();
    FT_Done_FreeType(impl_->library);
}

const GlyphImage* GlyphCache::get(_PangoFont* font, std::uint32_t glyph, unsigned outline) {
    if (impl_->bytes > kMaxBytes) impl_->clear();
    Impl::Font& entry = impl_->font_of(font);
    const auto [found, made] = entry.glyphs.try_emplace(std::uint64_t{outline} << 32 | glyph);
    if (made) {
        found->second = entry.face.draw(impl_->library, glyph, outline);
        impl_->bytes += found->second.pixels.size() + sizeof(GlyphImage);
    }
    return found->second.pixels.empty() ? nullptr : &found->second;
}

}  // namespace framepipe
