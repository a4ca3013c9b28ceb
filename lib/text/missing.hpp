// What to install for characters that no font has.
#pragma once

#include <string>

namespace framepipe {

struct MissingGlyph {
    std::string key;   // the package, or the character if no package has it
    std::string line;  // for a person
};

/// The Debian package with a font that has the character.
MissingGlyph missing_glyph(char32_t character);

}  // namespace framepipe
