#include "text/plain_text.hpp"

#include <algorithm>

#include "frame/header.hpp"

namespace framepipe {
namespace {

bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
}

/// The C1 controls, U+0080 to U+009F, are C2 80 to C2 9F.
bool is_c1(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]) == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

}  // namespace

std::string drawable_text(std::string_view text) {
    if (std::ranges::all_of(text, is_plain)) return std::string(text);
    const std::string valid = valid_utf8(text);
    std::string drawable;
    drawable.reserve(valid.size());
    for (std::size_t i = 0; i < valid.size(); ++i) {
        const auto byte = static_cast<unsigned char>(valid[i]);
        if (valid[i] == '\r') {
            if (i + 1 == valid.size() || valid[i + 1] != '\n') drawable += '\n';
        } else if (is_c1(valid, i)) {
            ++i;
        } else if (byte >= 0x20 ? byte != 0x7f : valid[i] == '\n' || valid[i] == '\t') {
            drawable += valid[i];
        }
    }
    return drawable;
}

}  // namespace framepipe
