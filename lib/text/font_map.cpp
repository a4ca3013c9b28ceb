#include "text/font_map.hpp"

#include <fmt/format.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangofc-fontmap.h>
#include <pango/pangoft2.h>
#include <unistd.h>

#include <fontconfig/fcfreetype.h>  // wants fontconfig.h before it

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>

#include "frame/ascii.hpp"
#include "frame/error.hpp"

namespace framepipe {
namespace {

bool is_file_name(const std::string& font) {
    if (font.find('/') != std::string::npos) return true;
    const std::string ending = lower(std::filesystem::path(font).extension().string());
    constexpr std::string_view kEndings[] = {".ttf", ".otf", ".ttc", ".otc", ".woff", ".woff2", ".pfb", ".pcf", ".bdf"};
    return std::ranges::find(kEndings, std::string_view(ending)) != std::end(kEndings);
}

/// Before fontconfig looks for fonts: the file first. But not where Pango asks for emoji, which begin with that family.
void prefer_file(FcPattern* pattern, gpointer file) {
    FcChar8* family = nullptr;
    for (int i = 0; FcPatternGetString(pattern, FC_FAMILY, i, &family) == FcResultMatch; ++i) {
        if (g_strcmp0(reinterpret_cast<char*>(family), "emoji") == 0) return;
    }
    FcPatternAddString(pattern, FC_FILE, static_cast<const FcChar8*>(file));
}

/// Pango lays out fonts that HarfBuzz reads: no bitmap fonts, no Type 1, nothing packed (WOFF).
bool can_be_laid_out(const std::string& file, FcPattern* pattern) {
    FcChar8* format = nullptr;
    FcPatternGetString(pattern, FC_FONTFORMAT, 0, &format);
    const std::string_view kind = format == nullptr ? "" : reinterpret_cast<char*>(format);
    char magic[3] = {};
    std::ifstream(file, std::ios::binary).read(magic, sizeof magic);
    return (kind == "TrueType" || kind == "CFF") && std::string_view(magic, sizeof magic) != "wOF";
}

bool same_letters(std::string_view a, std::string_view b) {
    return g_ascii_strcasecmp(std::string(a).c_str(), std::string(b).c_str()) == 0;
}

}  // namespace

FontMap::FontMap(const std::string& font, const std::function<void(const std::string&, const std::string&)>& warn)
    : map_(pango_ft2_font_map_new()) {
    pango_ft2_font_map_set_resolution(PANGO_FT2_FONT_MAP(map_), 72, 72);  // a point is a pixel
    if (font.empty()) {
        description_ = pango_font_description_from_string("sans");
    } else if (is_file_name(font)) {
        add_file(font);
    } else {
        description_ = pango_font_description_from_string(font.c_str());
        pango_font_description_unset_fields(description_, PANGO_FONT_MASK_SIZE);
        if (warn) check_family(font, warn);
    }
}

FontMap::~FontMap() {
    pango_font_description_free(description_);
    g_object_unref(map_);
}

void FontMap::add_file(const std::string& file) {
    if (::access(file.c_str(), R_OK) != 0) throw SystemError("cannot read the font " + file, errno);
    const auto* name = reinterpret_cast<const FcChar8*>(file.c_str());
    int faces = 0;
    const std::unique_ptr<FcPattern, decltype(&FcPatternDestroy)> pattern(FcFreeTypeQuery(name, 0, nullptr, &faces), FcPatternDestroy);
    if (!pattern) throw Error("cannot use the font " + file + ": it is no font file");
    if (!can_be_laid_out(file, pattern.get())) {
        throw Error("cannot use the font " + file + ": it is neither TrueType nor OpenType (web fonts have to be unpacked)");
    }
    if (!FcConfigAppFontAddFile(nullptr, name)) throw Error("cannot use the font " + file + ": fontconfig does not take it");
    description_ = pango_fc_font_description_from_pattern(pattern.get(), FALSE);
    pango_fc_font_map_set_default_substitute(PANGO_FC_FONT_MAP(map_), prefer_file, g_strdup(file.c_str()), g_free);
    pango_fc_font_map_config_changed(PANGO_FC_FONT_MAP(map_));
}

void FontMap::check_family(const std::string& font, const std::function<void(const std::string&, const std::string&)>& warn) const {
    const char* wanted = pango_font_description_get_family(description_);
    if (wanted == nullptr) return;
    // Generic names and lists of families are wishes; one family by its name is not.
    constexpr std::string_view kGeneric[] = {"sans",    "sans-serif", "serif",     "mono",  "monospace",
                                             "cursive", "fantasy",    "system-ui", "emoji", "math"};
    const std::string_view family = wanted;
    if (family.find(',') != std::string_view::npos || std::ranges::any_of(kGeneric, [&](auto name) { return same_letters(name, family); }))
        return;
    const std::unique_ptr<PangoContext, decltype(&g_object_unref)> context(make_context(), g_object_unref);
    const std::unique_ptr<PangoFont, decltype(&g_object_unref)> found(pango_font_map_load_font(map_, context.get(), description_),
                                                                      g_object_unref);
    if (!found) return;
    const std::unique_ptr<PangoFontDescription, decltype(&pango_font_description_free)> got(pango_font_describe(found.get()),
                                                                                            pango_font_description_free);
    const char* family_got = pango_font_description_get_family(got.get());
    if (family_got != nullptr && !same_letters(family, family_got)) {
        warn("font " + font, fmt::format("no font is called '{}': '{}' takes its place (fc-list : family lists them)", family, family_got));
    }
}

_PangoContext* FontMap::make_context() const {
    return pango_font_map_create_context(map_);
}

}  // namespace framepipe
