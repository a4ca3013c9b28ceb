// Text that may hold anything, made fit for JSON and for people.
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <cstdint>
#include <cstring>

#include "frame/header.hpp"

namespace framepipe {
namespace {

/// The length of the valid UTF-8 sequence at the start of `text`; 0: there is none.
/// source: Unicode 15, table 3-7
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    const unsigned second = byte(1);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool overlong = first == 0xE0 && second < 0xA0;
        const bool surrogate = first == 0xED && second > 0x9F;
        return !overlong && !surrogate && tail(1) && tail(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool overlong = first == 0xF0 && second < 0x90;
        const bool beyond = first == 0xF4 && second > 0x8F;
        return !overlong && !beyond && tail(1) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

/// True for eight bytes of ASCII.
bool is_ascii_word(const char* text) {
    std::uint64_t word = 0;
    std::memcpy(&word, text, sizeof word);
    return (word & 0x8080808080808080U) == 0;
}

/// True if a JSON string holds this text as it is.
bool is_plain(std::string_view text) {
    for (const char c : text)
        if (c < ' ' || c > '~' || c == '"' || c == '\\') return false;
    return true;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
    while (!text.empty()) {
        if (text.size() >= 8 && is_ascii_word(text.data())) {
            text.remove_prefix(8);
            continue;
        }
        const std::size_t length = sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            text.remove_prefix(1);
        } else {
            out.append(text.substr(0, length));
            text.remove_prefix(length);
        }
    }
    return out;
}

std::string json_string(std::string_view text) {
    // As nearly all are, several in each header.
    if (is_plain(text)) return std::string(1, '"').append(text).append(1, '"');
    const std::string valid = valid_utf8(text);
    return boost::json::serialize(boost::json::string_view(valid.data(), valid.size()));
}

}  // namespace framepipe
