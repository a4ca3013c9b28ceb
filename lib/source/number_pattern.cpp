#include "source/number_pattern.hpp"

#include <fmt/format.h>

#include <charconv>

#include "frame/error.hpp"

namespace framepipe {

std::string NumberPattern::path(std::uint64_t number) const {
    const auto digits = std::to_string(number);
    return before + std::string(width > digits.size() ? width - digits.size() : 0, pad) + digits + after;
}

std::string NumberPattern::folder() const {
    const auto slash = before.rfind('/');
    return slash == std::string::npos ? "." : before.substr(0, slash + 1);
}

std::optional<std::uint64_t> NumberPattern::number_in(std::string_view name) const {
    const auto slash = before.rfind('/');
    const std::size_t folder_size = slash == std::string::npos ? 0 : slash + 1;
    const std::string_view prefix = std::string_view(before).substr(folder_size);
    if (!name.starts_with(prefix)) return std::nullopt;
    const auto first = name.find_first_not_of(' ', prefix.size());
    if (first == std::string_view::npos) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, result] = std::from_chars(name.data() + first, name.data() + name.size(), number);
    if (result != std::errc()) return std::nullopt;
    const std::string whole = path(number);
    const auto rest = whole.find('/', folder_size);
    return std::string_view(whole).substr(folder_size, rest - folder_size) == name ? std::optional(number) : std::nullopt;
}

std::optional<NumberPattern> number_pattern(const std::string& text) {
    NumberPattern pattern;
    bool found = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto& side = found ? pattern.after : pattern.before;
        if (text[at] != '%') {
            side += text[at];
            continue;
        }
        if (++at < text.size() && text[at] == '%') {
            side += '%';
            continue;
        }
        if (at < text.size() && text[at] == '0') pattern.pad = '0';
        const auto [end, result] = std::from_chars(text.data() + at, text.data() + text.size(), pattern.width);
        if (result == std::errc()) at = static_cast<std::size_t>(end - text.data());
        const bool is_number = at < text.size() && (text[at] == 'd' || text[at] == 'i' || text[at] == 'u');
        if (!is_number || pattern.width > 20 || result == std::errc::result_out_of_range) return std::nullopt;
        if (found) throw Error(fmt::format("the pattern {} has more than one number", text));
        found = true;
    }
    return found ? std::optional(pattern) : std::nullopt;
}

}  // namespace framepipe
