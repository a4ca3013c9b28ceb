// Many files by one name with a number in it, as printf writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace framepipe {

/// A path with one conversion: `before` number `after`, the number with at least `width` digits.
struct NumberPattern {
    std::string before;
    std::string after;
    std::size_t width = 0;
    char pad = ' ';

    std::string path(std::uint64_t number) const;

    /// The folder in which the number makes the difference: "." or with a slash at its end.
    std::string folder() const;

    /// The number for which path() leads to or through the entry `name` of folder(); nullopt: there is none. The name
    /// must be just what the pattern makes of the number, its zeros too.
    std::optional<std::uint64_t> number_in(std::string_view name) const;
};

/// The pattern in `a%d.png` or `frames/%05d.jpg`; `%%` is a percent sign. nullopt: there is no conversion in it.
/// throws Error if there is a second one
std::optional<NumberPattern> number_pattern(const std::string& text);

}  // namespace framepipe
