// The order in which people count: a2 before a10.
#pragma once

#include <string_view>

namespace framepipe {

/// True if `a` comes before `b`: runs of digits compare as numbers (of any length), other bytes as
/// bytes. Names that differ only in leading zeros have the shorter run first.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace framepipe
