#include "net/url.hpp"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "frame/ascii.hpp"
#include "frame/error.hpp"

namespace framepipe {

namespace {

/// source  RFC 4648, section 4
std::string base64(std::string_view text) {
    static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string result;
    for (std::size_t at = 0; at < text.size(); at += 3) {
        const auto byte = [&](std::size_t i) -> std::uint32_t {
            return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
        };
        const std::uint32_t bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        result += kLetters[bits >> 18];
        result += kLetters[bits >> 12 & 63];
        result += at + 1 < text.size() ? kLetters[bits >> 6 & 63] : '=';
        result += at + 2 < text.size() ? kLetters[bits & 63] : '=';
    }
    return result;
}

}  // namespace

std::string percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0) {
            result += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
            at += 2;
        } else {
            result += text[at];
        }
    }
    return result;
}

HttpUrl HttpUrl::parse(const std::string& text, std::initializer_list<std::string_view> schemes) {
    const auto bad = [&](std::string_view instead = {}) {
        const std::string form = fmt::format("it has the form {}://host:port/path", *schemes.begin());
        return UsageError(fmt::format("not an address: {}; {}", shown_address(text), instead.empty() ? form : instead));
    };
    HttpUrl url;
    url.scheme = text.substr(0, text.find(':'));
    const std::size_t start = url.scheme.size() + 3;
    const bool known = std::find(schemes.begin(), schemes.end(), url.scheme) != schemes.end();
    // Line ends would let an address write headers of its own.
    if (!known || text.compare(url.scheme.size(), 3, "://") != 0 || text.find_first_of("\r\n \t") != std::string::npos) throw bad();
    std::string_view rest = std::string_view(text).substr(start, text.find('#') - start);
    const auto slash = rest.find_first_of("/?");
    std::string_view authority = rest.substr(0, slash);
    url.port = url.secure() ? "443" : "80";
    if (slash != std::string_view::npos) url.target = (rest[slash] == '?' ? "/" : "") + std::string(rest.substr(slash));
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        url.authorization = "Basic " + base64(percent_decoded(authority.substr(0, at)));
        authority.remove_prefix(at + 1);
    }
    url.host_header = authority;
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) throw bad();
        url.host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
    } else {
        const auto colon = authority.find(':');
        url.host = authority.substr(0, colon);
        if (colon != std::string_view::npos) port = authority.substr(colon);
    }
    if (!port.empty()) {
        if (port.size() < 2 || port[0] != ':' || port.substr(1).find_first_not_of("0123456789") != std::string_view::npos) throw bad();
        std::uint16_t number = 0;
        const auto [end, failed] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
        // A resolver would take what is over for a smaller port.
        if (failed != std::errc() || number == 0) throw bad("its port is a number from 1 to 65535");
        url.port = port.substr(1);
    }
    if (url.host.empty()) throw bad();
    return url;
}

namespace {

/// Where `name=...` stands in an address's path and query, without the sign before it; size 0: nowhere.
std::string_view find_parameter(std::string_view target, std::string_view name) {
    for (auto at = target.find('?'); at != std::string_view::npos; at = target.find('&', at + 1)) {
        const auto parameter = target.substr(at + 1, target.find('&', at + 1) - at - 1);
        if (parameter.starts_with(name) && (parameter.size() == name.size() || parameter[name.size()] == '=')) return parameter;
    }
    return {};
}

}  // namespace

std::string HttpUrl::shown() const {
    HttpUrl open = *this;
    open.drop_parameter("token");
    return scheme + "://" + host_header + open.target;
}

std::optional<std::string> HttpUrl::parameter(std::string_view name) const {
    const auto found = find_parameter(target, name);
    if (found.empty()) return std::nullopt;
    return percent_decoded(found.substr(std::min(found.size(), name.size() + 1)));
}

void HttpUrl::drop_parameter(std::string_view name) {
    const auto found = find_parameter(target, name);
    if (found.empty()) return;
    // One sign goes with it: the one after it, or at the end the one before.
    std::size_t begin = static_cast<std::size_t>(found.data() - target.data());
    const bool last = begin + found.size() == target.size();
    target.erase(last ? begin - 1 : begin, found.size() + 1);
}

void HttpUrl::set_parameter(std::string_view name, std::string_view value) {
    drop_parameter(name);
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += name;
    target += '=';
    for (const char c : value) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || ::strchr("-._~", c) != nullptr;
        target += plain && c != 0 ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
}

HttpUrl HttpUrl::redirected(const std::string& location) const {
    if (location.starts_with('/') && !location.starts_with("//")) {
        HttpUrl url = *this;
        url.target = location;
        return url;
    }
    try {
        return parse(location);
    } catch (const UsageError&) {
        throw Error(fmt::format("the server sends us on to {}, which is no http:// address", shown_address(location)));
    }
}

std::string shown_address(const std::string& url) {
    const auto scheme = url.find("://");
    if (scheme == std::string::npos) return url;
    const auto host = scheme + 3;
    const auto end = url.find_first_of("/?#", host);
    const auto at = url.substr(0, end).rfind('@');
    return at == std::string::npos || at < host ? url : url.substr(0, host) + url.substr(at + 1);
}

}  // namespace framepipe
