#include "broker/topics.hpp"

#include <fmt/format.h>

#include "frame/header.hpp"
#include "net/url.hpp"

namespace framepipe::broker {
namespace {

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

std::string topic_level(std::string_view stream) {
    std::string level;
    for (const char c : stream) {
        const bool plain = !is_control(c) && std::string_view("/+#%. ").find(c) == std::string_view::npos;
        level += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return level;
}

std::string stream_of_level(std::string_view level) {
    return percent_decoded(level);
}

std::string wrong_with_level(std::string_view level) {
    if (level.find_first_of("+#") != std::string_view::npos) return "has a wild card, + or #";
    if (level.find('\0') != std::string_view::npos) return "has a NUL";
    for (const char c : level)
        if (is_control(c)) return "has a control character";
    if (!is_valid_utf8(level)) return "is no UTF-8";
    return {};
}

std::string wrong_with_stream(std::string_view stream) {
    if (stream.empty()) return "is empty";
    if (stream.find('\0') != std::string_view::npos) return "has a NUL";
    if (!is_valid_utf8(stream)) return "is no UTF-8";
    return {};
}

std::optional<TopicParts> parts_of(std::string_view topic, std::string_view prefix) {
    if (!topic.starts_with(prefix) || topic.size() <= prefix.size() || topic[prefix.size()] != '/') return std::nullopt;
    topic.remove_prefix(prefix.size() + 1);
    const auto slash = topic.find('/');
    if (slash == std::string_view::npos || slash == 0) return std::nullopt;
    return TopicParts{stream_of_level(topic.substr(0, slash)), std::string(topic.substr(slash + 1))};
}

}  // namespace framepipe::broker
