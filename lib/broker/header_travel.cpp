#include "broker/header_travel.hpp"

#include <fmt/format.h>

#include "frame/error.hpp"

namespace framepipe::broker {
namespace {

constexpr const char* kPayload = "payload";

/// The code point that valid UTF-8 begins with, and how many bytes it has.
std::pair<char32_t, std::size_t> first_of(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
    char32_t point = size == 1 ? byte(0) : byte(0) & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) point = point << 6 | (byte(i) & 0x3f);
    return {point, size};
}

/// Control characters and what Unicode says is no character.
/// source  MQTT 5, section 1.5.4, which advises against them; libmosquitto refuses them
bool is_no_text(char32_t point) {
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) == 0xfffe;
}

bool is_plain(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) return false;
    return true;
}

/// JSON that means the same, without what is no text. Control characters are spaces between its parts, others
/// can only be inside of strings.
std::string as_text(std::string_view json) {
    std::string text;
    if (is_plain(json)) return std::string(json);
    for (std::size_t at = 0; at < json.size();) {
        const auto [point, size] = first_of(json.substr(at));
        if (!is_no_text(point))
            text += json.substr(at, size);
        else if (point < 0x20)
            text += ' ';
        else if (point < 0x10000)
            text += fmt::format("\\u{:04x}", static_cast<unsigned>(point));
        else
            text += fmt::format("\\u{:04x}\\u{:04x}", 0xd7c0 + (static_cast<unsigned>(point) >> 10),
                                0xdc00 + (static_cast<unsigned>(point) & 0x3ff));
        at += size;
    }
    return text;
}

bool is_text(std::string_view key) {
    for (std::size_t at = 0; at < key.size();) {
        const auto [point, size] = first_of(key.substr(at));
        if (is_no_text(point)) return false;
        at += size;
    }
    return true;
}

/// Where two payloads of one size differ, they do so in some of these bytes: encoded pictures differ in all
/// bytes after the first that differs, and one frame's sum must not cost more than its sending.
/// source  FNV-1a, 64 bits
std::uint64_t sum_of(std::span<const std::byte> bytes) {
    constexpr std::size_t kLooks = 512;
    std::uint64_t sum = 0xcbf29ce484222325;
    const auto take = [&](std::size_t at) { sum = (sum ^ std::to_integer<std::uint64_t>(bytes[at])) * 0x100000001b3; };
    if (bytes.size() <= 2 * kLooks) {
        for (std::size_t at = 0; at < bytes.size(); ++at) take(at);
        return sum;
    }
    for (std::size_t i = 0; i < kLooks; ++i) take(bytes.size() * i / kLooks);
    for (std::size_t at = bytes.size() - kLooks; at < bytes.size(); ++at) take(at);
    return sum;
}

/// Appended by hand, as this is done for each picture: a format's code is in no cache by then.
std::string about(std::span<const std::byte> bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text = "{\"bytes\":" + std::to_string(bytes.size()) + ",\"sum\":\"";
    const std::uint64_t sum = sum_of(bytes);
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(sum >> shift) & 0xf];
    return text + "\"}";
}

}  // namespace

std::optional<Properties> to_properties(const Header& header) {
    Properties properties;
    bool all = true;
    header.each([&](std::string_view key, std::string_view value) {
        if (key == "type" || key == "stream") return;
        all = all && is_text(key);
        properties.emplace_back(key, as_text(value));
    });
    if (!all) return std::nullopt;
    return properties;
}

Header from_properties(const std::string& type, const Properties& properties) {
    std::string json = "{\"type\":" + json_string(type);
    for (const auto& [name, value] : properties) json.append(",").append(json_string(name)).append(":").append(value);
    try {
        Header header = Header::parse(json + '}');
        if (header.type() != type) header.set("type", type);
        return header;
    } catch (const Error&) {  // some are not ours
    }
    Header header(type);
    for (const auto& [name, value] : properties) {
        try {
            const Header one = Header::parse(fmt::format(R"({{"type":"-",{}:{}}})", json_string(name), value));
            if (name != "type") header.set_raw(name, *one.raw(name));
        } catch (const Error&) {
            header.set_meta_raw(name, json_string(value));
        }
    }
    return header;
}

std::string to_meta(const Header& header, std::span<const std::byte> payload) {
    if (header.raw(kPayload)) {
        Header meta = header;
        meta.set_raw(kPayload, about(payload));
        return meta.text();
    }
    std::string text = header.text();
    text.back() = ',';  // a header has a type at least
    return text.append("\"").append(kPayload).append("\":").append(about(payload)).append("}");
}

bool Meta::belongs_to(std::span<const std::byte> bytes) const {
    return payload == about(bytes);
}

Meta Meta::parse(std::string_view json) {
    Meta meta{Header::parse(json), {}};
    if (const auto payload = meta.header.raw(kPayload)) meta.payload = *payload;
    meta.header.erase(kPayload);
    return meta;
}

}  // namespace framepipe::broker
