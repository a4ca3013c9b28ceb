#include "options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>
#include <string_view>
#include <tuple>

#include "cli/units.hpp"
#include "frame/error.hpp"

namespace framepipe::render_text {
namespace {

constexpr int kMaxOffset = 65535;

template <typename T>
using Words = std::map<std::string, T>;
const Words<Align> kAligns{
    {"start", Align::start}, {"left", Align::left}, {"center", Align::center}, {"right", Align::right}, {"justify", Align::justify}};
const Words<Valign> kValigns{{"top", Valign::top}, {"middle", Valign::middle}, {"bottom", Valign::bottom}};
const Words<Wrap> kWraps{{"word-char", Wrap::word_character}, {"word", Wrap::word}, {"char", Wrap::character}, {"none", Wrap::none}};

/// Binds an option that is one of some words.
template <typename T>
void add_words(CLI::App& app, const std::string& names, T& value, const Words<T>& words, const std::string& type, const std::string& help) {
    app.add_option_function<std::string>(
           names,
           [&value, &words, names](const std::string& word) {
               const auto found = words.find(word);
               if (found != words.end()) {
                   value = found->second;
                   return;
               }
               std::string known;
               for (const auto& entry : words) known += (known.empty() ? "" : ", ") + entry.first;
               throw UsageError(fmt::format("{} {}: it is one of {}", names, word, known));
           },
           help)
        ->type_name(type);
}

void add_colour(CLI::App& app, const std::string& names, const std::function<void(Rgba)>& take, const std::string& help) {
    app.add_option_function<std::string>(
           names, [take](const std::string& words) { take(parse_rgba(words)); }, help)
        ->type_name("COLOR");
}

int whole_number(std::string_view text, const char* option, int least, int most) {
    int value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size() || value < least || value > most) {
        throw UsageError(fmt::format("{}: '{}' is not a whole number from {} to {}", option, text, least, most));
    }
    return value;
}

std::vector<std::string_view> by_commas(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t comma = std::min(text.find(','), text.size());
        parts.push_back(text.substr(0, comma));
        if (comma == text.size()) return parts;
        text.remove_prefix(comma + 1);
    }
}

std::pair<int, int> parse_at(const std::string& words) {
    const auto parts = by_commas(words);
    if (parts.size() != 2) throw UsageError(fmt::format("--at {}: two numbers are wanted, X,Y", words));
    return {whole_number(parts[0], "--at", -kMaxOffset, kMaxOffset), whole_number(parts[1], "--at", -kMaxOffset, kMaxOffset)};
}

/// What CLI11 makes of a flag without a value.
constexpr std::string_view kNoValue = "true";

/// "X,Y[,BLUR[,COLOR]]"
Shadow parse_shadow(const std::string& words) {
    Shadow shadow{2, 2, 2, {0, 0, 0, 160}};
    if (words == kNoValue) return shadow;
    const auto parts = by_commas(words);
    if (parts.size() < 2 || parts.size() > 4)
        throw UsageError(fmt::format("--shadow={}: wanted is X,Y or X,Y,BLUR or X,Y,BLUR,COLOR", words));
    shadow.x = whole_number(parts[0], "--shadow", -500, 500);
    shadow.y = whole_number(parts[1], "--shadow", -500, 500);
    shadow.blur = parts.size() > 2 ? static_cast<unsigned>(whole_number(parts[2], "--shadow", 0, 200)) : 0;
    if (parts.size() > 3) shadow.colour = parse_rgba(parts[3]);
    return shadow;
}

std::string wrong_rate(const std::string& text) {
    double value = -1;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = failure == std::errc() && end == text.data() + text.size() && value >= 0 && value <= 1000;
    return good ? std::string() : fmt::format("'{}' is not a number from 0 to 1000", text);
}

void declare_style(CLI::App& app, Options& o) {
    TextStyle& style = o.style;
    app.add_option("--font", style.font, "a family, a Pango description such as 'Serif Bold', or a file (default: the system's sans)")
        ->type_name("FONT");
    app.add_option("--font-size", style.font_size, "height of the letters' em square in pixels (default: 32)")
        ->check(CLI::Range(kMinFontSize, kMaxFontSize))
        ->type_name("PX");
    add_colour(
        app, "--color", [&style](Rgba colour) { style.colour = colour; }, "of the text: a CSS name, #rgb, #rrggbbaa (default: black)");
    add_colour(
        app, "--background", [&style](Rgba colour) { style.background = colour; }, "of the picture (default: none)");
    app.add_option_function<std::string>(
           "-s,--size",
           [&style](const std::string& text) {
               const auto size = parse_size(text);
               style.size = Extent{size.width, size.height};
           },
           "of the picture (default: as large as the text)")
        ->type_name("WxH");
    add_words(app, "--align", style.align, kAligns, "start|left|center|right|justify", "of the lines (default: start)");
    add_words(app, "--valign", style.valign, kValigns, "top|middle|bottom", "of the text in --size (default: top)");
    add_words(app, "--wrap", style.wrap, kWraps, "word-char|word|char|none", "where long lines are broken (default: word-char)");
    app.add_option("--line-spacing", style.line_spacing, "distance of lines, times the font's (default: 1)")
        ->check(CLI::Range(0.1, 10.0))
        ->type_name("FACTOR");
    app.add_option("--padding", style.padding, "pixels around the text (default: 0)")->check(CLI::Range(0, 4096))->type_name("PX");
    app.add_option("--outline", style.outline, "pixels around each letter (default: 0)")->check(CLI::Range(0, 200))->type_name("PX");
    add_colour(
        app, "--outline-color",
        [&o](Rgba colour) {
            o.style.outline_colour = colour;
            o.outline_coloured = true;
        },
        "of the outline (default: white)");
    app.add_flag("--shadow", o.shadow, "a shadow; --shadow=X,Y[,BLUR[,COLOR]] says where it falls (default: 2,2,2,#000000a0)");
    app.add_flag("--box", o.box, "a box behind the text; --box=COLOR (default: what the text is readable on)");
    app.add_flag("--markup", style.markup, "the text is Pango markup: '<b>bold</b>'");
    app.add_option("--language", style.language, "of the text, which picks the forms of Han characters: ja, zh-TW (default: the locale's)")
        ->type_name("TAG");
    app.add_flag("--fit", style.fit, "shrink the letters until the text fits --size");
}

void declare_overlay(CLI::App& app, Options& o) {
    app.add_option_function<std::string>(
           "--overlay",
           [&o](const std::string& text) {
               o.overlay = true;
               o.overlay_text = text;
           },
           "draw the text over the pictures on stdin; without TEXT, that of --text-file or --clock")
        ->expected(0, 1)
        ->type_name("TEXT");
    app.add_option_function<std::string>(
           "--anchor", [&o](const std::string& words) { o.anchor = parse_anchor(words); }, "where the overlay goes (default: top-left)")
        ->type_name("top-left|top|top-right|left|center|right|bottom-left|bottom|bottom-right");
    app.add_option_function<std::string>(
           "--at", [&o](const std::string& words) { o.at = parse_at(words); },
           "pixels from the anchor's edges inward (default: a quarter of --font-size)")
        ->type_name("X,Y");
    app.add_option("-q,--quality", o.quality, "of JPEG and lossy WebP that is drawn on, 1 to 100 (default: 92)")
        ->check(CLI::Range(1, 100))
        ->type_name("N");
}

/// What the text can be read on: dark behind light letters.
Rgba readable_on(Rgba text) {
    const int light = 299 * text.r + 587 * text.g + 114 * text.b;
    return light < 128'000 ? Rgba{255, 255, 255, 176} : Rgba{0, 0, 0, 160};
}

}  // namespace

void declare(CLI::App& app, Options& o) {
    app.description("Text as pictures, or over pictures");
    app.add_option("TEXT", o.texts, "a picture each; without it, each line or text frame on stdin is one");
    app.add_option("--text-file", o.text_file, "the text is this file's, read again when it changes")->type_name("FILE");
    app.add_option("--clock", o.clock, "the text is the time, as strftime(3) writes it: '%H:%M:%S'")->type_name("FORMAT");
    app.add_option("-r,--fps", o.fps, "pictures a second of --clock (default: 1) and --text-file (default: one a change)")
        ->check(wrong_rate)
        ->type_name("N");
    app.add_option("-n,--count", o.count, "end after N pictures of --clock or --text-file")->check(CLI::NonNegativeNumber)->type_name("N");
    declare_style(app, o);
    declare_overlay(app, o);
    add_bytes(app, "--max-text", o.max_text, "longest text that is drawn (default: 16KiB)");
    app.add_flag("--strict", o.strict, "end at the first text or picture that cannot be drawn");
    declare_common(app, o.common, Role::filter);
}

TextSource settle(Options& o) {
    const auto only_with = [](bool given, bool fits, const char* option, const char* what) {
        if (given && !fits) throw UsageError(fmt::format("{} is for {}", option, what));
    };
    if (o.overlay && !o.overlay_text.empty()) o.texts.push_back(o.overlay_text);
    const bool texts = !o.texts.empty(), file = !o.text_file.empty(), clock = !o.clock.empty();
    if (texts + file + clock > 1) throw UsageError("one of TEXT, --text-file and --clock says what to draw, not several");
    if (o.overlay && o.texts.size() > 1) throw UsageError("--overlay draws one text; with more there would be no telling which");
    if (o.overlay && !texts && !file && !clock) throw UsageError("--overlay wants a text: --overlay TEXT, --text-file or --clock");
    only_with(o.anchor.has_value(), o.overlay, "--anchor", "--overlay");
    only_with(o.at.has_value(), o.overlay, "--at", "--overlay");
    only_with(o.quality.has_value(), o.overlay, "--quality", "--overlay");
    const bool ticks = (file || clock) && !o.overlay;
    only_with(o.fps.has_value(), ticks, "--fps", "--clock and --text-file");
    only_with(o.count.has_value(), ticks, "--count", "--clock and --text-file");
    only_with(o.style.fit, o.style.size.has_value(), "--fit", "pictures of a --size");
    only_with(o.outline_coloured, o.style.outline > 0, "--outline-color", "an --outline");
    if (!o.shadow.empty()) o.style.shadow = parse_shadow(o.shadow);
    if (!o.box.empty()) o.style.box = o.box == kNoValue ? readable_on(o.style.colour) : parse_rgba(o.box);
    return texts ? TextSource::arguments : file ? TextSource::file : clock ? TextSource::clock : TextSource::input;
}

OverlayPlace overlay_place(const Options& o) {
    OverlayPlace place{o.anchor.value_or(Anchor{}), 0, 0};
    const int margin = static_cast<int>(std::lround(o.style.font_size / 4));
    if (place.anchor.across != 1) place.x = margin;
    if (place.anchor.down != 1) place.y = margin;
    if (o.at) std::tie(place.x, place.y) = *o.at;
    return place;
}

}  // namespace framepipe::render_text
