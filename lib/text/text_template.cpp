#include "text/text_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "frame/clock.hpp"
#include "frame/error.hpp"

namespace framepipe {
namespace {

constexpr std::size_t kMaxStreams = 256;
constexpr std::int64_t kWindowUs = 1'000'000;
constexpr std::size_t kMaxTimes = 1000;

/// %f and %3f done, since strftime has none; other conversions stay.
std::string with_fractions(const std::string& format, std::int64_t microseconds) {
    std::string done;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%' || i + 1 == format.size()) {
            done += format[i];
        } else if (format[i + 1] == 'f') {
            done += fmt::format("{:06}", microseconds);
            ++i;
        } else if (format.compare(i, 3, "%3f") == 0) {
            done += fmt::format("{:03}", microseconds / 1000);
            i += 2;
        } else {
            done += format[i];
            done += format[++i];
        }
    }
    return done;
}

/// A JSON value as people read it.
std::string plain(const std::string& json) {
    Header header;
    header.set_raw("value", json);
    return header.string("value").value_or(json);
}

}  // namespace

std::string format_time(const std::string& format, std::int64_t time_us) {
    std::int64_t seconds = time_us / 1'000'000, rest = time_us % 1'000'000;
    if (rest < 0) {
        rest += 1'000'000;
        --seconds;
    }
    const auto time = static_cast<std::time_t>(seconds);
    std::tm local{};
    if (::localtime_r(&time, &local) == nullptr) return {};
    // strftime's 0 may mean that there was no room, or that there is nothing: a space in front tells.
    const std::string whole = " " + with_fractions(format, rest);
    std::string text(std::max<std::size_t>(256, 8 * whole.size()), '\0');
    text.resize(std::strftime(text.data(), text.size(), whole.c_str(), &local));
    return text.empty() ? text : text.substr(1);
}

double RateMeter::operator()(const Header& header) {
    const std::string stream = header.stream();
    if (times_.size() >= kMaxStreams && !times_.contains(stream)) times_.clear();
    std::deque<std::int64_t>& times = times_[stream];
    const std::int64_t time = header.time_us().value_or(now_us());
    // A time that runs backwards (a recording in a loop) starts anew.
    if (!times.empty() && time < times.back()) times.clear();
    times.push_back(time);
    while (times.size() > 2 && (time - times.front() > kWindowUs || times.size() > kMaxTimes)) times.pop_front();
    const std::int64_t passed = times.back() - times.front();
    return passed > 0 ? static_cast<double>(times.size() - 1) * 1e6 / static_cast<double>(passed) : 0;
}

TextTemplate::TextTemplate(std::string_view text, Unknown unknown) {
    while (!text.empty()) {
        const std::size_t brace = std::min(text.find('{'), text.size());
        add_text(text.substr(0, brace));
        text.remove_prefix(brace);
        if (text.empty()) break;
        if (text.starts_with("{{")) {
            add_text("{");
            text.remove_prefix(2);
            continue;
        }
        const std::size_t end = text.find('}');
        const std::string_view inside = end == std::string_view::npos ? text.substr(1) : text.substr(1, end - 1);
        if (end != std::string_view::npos && add_place(inside)) {
            text.remove_prefix(end + 1);
        } else if (unknown == Unknown::keep) {
            add_text("{");
            text.remove_prefix(1);
        } else {
            throw UsageError(
                fmt::format("'{{{}{}' is no place for text: there are {{time:FORMAT}}, {{now:FORMAT}}, {{seq}}, {{fps}}, {{width}}, "
                            "{{height}}, {{stream}} and {{meta.KEY}}; '{{{{' is a brace",
                            inside, end == std::string_view::npos ? "" : "}"));
        }
    }
}

void TextTemplate::add_text(std::string_view text) {
    if (text.empty()) return;
    if (parts_.empty() || parts_.back().kind != Kind::text) parts_.emplace_back();
    parts_.back().words += text;
}

bool TextTemplate::add_place(std::string_view inside) {
    struct Place {
        std::string_view name;
        Kind kind;
    };
    constexpr Place kPlaces[] = {{"seq", Kind::seq},       {"fps", Kind::fps},   {"width", Kind::width}, {"height", Kind::height},
                                 {"stream", Kind::stream}, {"time", Kind::time}, {"now", Kind::now}};
    if (inside.starts_with("meta.") && inside.size() > 5) {
        parts_.push_back({Kind::meta, std::string(inside.substr(5))});
        return true;
    }
    const std::size_t colon = std::min(inside.find(':'), inside.size());
    const auto found = std::ranges::find(kPlaces, inside.substr(0, colon), &Place::name);
    if (found == std::end(kPlaces)) return false;
    const bool is_time = found->kind == Kind::time || found->kind == Kind::now;
    if (!is_time && colon < inside.size()) return false;
    parts_.push_back({found->kind, colon < inside.size() ? std::string(inside.substr(colon + 1)) : "%F %T"});
    return true;
}

std::string TextTemplate::expand(const Header& frame, double fps) const {
    std::string text;
    const auto number = [&](const char* key) {
        if (const auto value = frame.integer(key)) text += fmt::format("{}", *value);
    };
    for (const Part& part : parts_) {
        switch (part.kind) {
            case Kind::text:
                text += part.words;
                break;
            case Kind::time:
                text += format_time(part.words, frame.time_us().value_or(now_us()));
                break;
            case Kind::now:
                text += format_time(part.words, now_us());
                break;
            case Kind::seq:
                number("seq");
                break;
            case Kind::fps:
                text += fmt::format("{:.1f}", fps);
                break;
            case Kind::width:
                number("width");
                break;
            case Kind::height:
                number("height");
                break;
            case Kind::stream:
                text += frame.stream();
                break;
            case Kind::meta:
                if (const auto json = frame.meta_raw(part.words)) text += plain(*json);
                break;
        }
    }
    return text;
}

bool TextTemplate::constant() const {
    return std::ranges::all_of(parts_, [](const Part& part) { return part.kind == Kind::text; });
}

bool TextTemplate::wants_fps() const {
    return std::ranges::any_of(parts_, [](const Part& part) { return part.kind == Kind::fps; });
}

}  // namespace framepipe
