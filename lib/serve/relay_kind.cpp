#include "serve/relay_kind.hpp"

#include <algorithm>

#include "frame/image_info.hpp"
#include "serve/client_message.hpp"

namespace framepipe::serve {
namespace {

constexpr std::size_t kLongestWord = 64;
constexpr int kMostWords = 4;
/// Longer ones are no plot for people.
constexpr std::size_t kLongestNumbers = 64 << 10;

bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == ':';
}

/// The length of `word=word=` at the start of the message.
std::size_t key_length(std::string_view message) {
    std::size_t end = 0;
    for (int words = 0; words < kMostWords; ++words) {
        std::size_t at = end;
        while (at < message.size() && at - end < kLongestWord && is_word_byte(message[at])) ++at;
        if (at == end || at == message.size() || message[at] != '=') break;
        end = at + 1;
    }
    return end;
}

/// `12.5`, `[1, 2e-3]`, `[[1,2],[3,4]]`; also nan and inf, as Python writes them.
bool are_numbers(std::string_view text) {
    if (text.empty() || text.size() > kLongestNumbers) return false;
    const bool has_digit = std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return has_digit && text.find_first_not_of("0123456789+-.eE,[]() \t\r\nnaif") == std::string_view::npos;
}

}  // namespace

RelayKind relay_kind(std::string_view message, bool is_text) {
    RelayKind kind;
    const std::size_t key = key_length(message);
    kind.key = message.substr(0, key == 0 ? 0 : key - 1);
    kind.body = message.substr(key);
    if (!is_text) {
        kind.type = sniff_image(as_bytes(kind.body));
        if (!kind.type.empty()) kind.what = RelayKind::What::picture;
    } else if (const auto url = parse_data_url(kind.body)) {
        kind.type = url->type;
        kind.what = RelayKind::What::picture;
    } else if (are_numbers(kind.body)) {
        kind.what = RelayKind::What::numbers;
    }
    return kind;
}

std::optional<Frame> relayed_picture(const RelayKind& kind, bool is_text) {
    std::optional<Frame> frame;
    if (is_text) {
        const auto url = parse_data_url(kind.body);
        frame = url ? frame_of_data_url(*url) : std::nullopt;
    } else {
        frame = frame_of_message(kind.body, false);
        if (!frame->header.is_image()) return std::nullopt;
    }
    if (!frame) return std::nullopt;
    frame->header.set("live", true);
    if (!kind.key.empty()) frame->header.set("stream", kind.key);
    return frame;
}

}  // namespace framepipe::serve
