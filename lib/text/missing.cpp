#include "text/missing.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <string_view>

namespace framepipe {
namespace {

bool is_private(char32_t c) {
    return (c >= 0xe000 && c <= 0xf8ff) || c >= 0xf0000;
}

bool is_emoji(char32_t c) {
    return (c >= 0x1f000 && c <= 0x1faff) || (c >= 0x2600 && c <= 0x27bf);
}

/// Noto covers nearly all of Unicode; three packages of it differ in size by much.
std::string_view package_of(char32_t c) {
    switch (g_unichar_get_script(c)) {
        case G_UNICODE_SCRIPT_HAN:
            return c >= 0x20000 ? "fonts-hanazono" : "fonts-noto-cjk";
        case G_UNICODE_SCRIPT_HIRAGANA:
        case G_UNICODE_SCRIPT_KATAKANA:
        case G_UNICODE_SCRIPT_HANGUL:
        case G_UNICODE_SCRIPT_BOPOMOFO:
            return "fonts-noto-cjk";
        case G_UNICODE_SCRIPT_LATIN:
        case G_UNICODE_SCRIPT_GREEK:
        case G_UNICODE_SCRIPT_CYRILLIC:
            return "fonts-dejavu-core";
        default:
            break;
    }
    if (c < 0x80) return "fonts-dejavu-core";
    if ((c >= 0x3000 && c <= 0x33ff) || (c >= 0xff00 && c <= 0xffef)) return "fonts-noto-cjk";
    return is_emoji(c) ? "fonts-noto-color-emoji" : "fonts-noto-core";
}

}  // namespace

MissingGlyph missing_glyph(char32_t character) {
    gchar utf8[7] = {};
    g_unichar_to_utf8(character, utf8);
    const auto number = static_cast<std::uint32_t>(character);
    if (is_private(character) || !g_unichar_isdefined(character)) {
        return {fmt::format("U+{:04X}", number), fmt::format("no font has U+{:04X}, which Unicode gives no meaning", number)};
    }
    const std::string_view package = package_of(character);
    return {std::string(package), fmt::format("no font has '{}' (U+{:04X}); one of Debian's package {} does: apt-get install {}", utf8,
                                              number, package, package)};
}

}  // namespace framepipe
