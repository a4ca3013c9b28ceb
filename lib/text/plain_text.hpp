// Text that may be anything, as text that can be drawn.
#pragma once

#include <string>
#include <string_view>

namespace framepipe {

/// UTF-8 with U+FFFD for bytes that are none, line ends as newlines, and without the other control characters
/// but tab: they have no picture, and a terminal's escapes are no text.
std::string drawable_text(std::string_view text);

}  // namespace framepipe
