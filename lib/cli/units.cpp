#include "cli/units.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "frame/error.hpp"

namespace framepipe {
namespace {

struct Quantity {
    double number;
    std::string_view unit;
};

/// A number and what stands behind it; nullopt: it does not begin with a number that is 0 or more.
std::optional<Quantity> quantity(std::string_view text) {
    double number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (failed != std::errc() || !std::isfinite(number) || std::signbit(number)) return std::nullopt;
    return Quantity{number, text.substr(static_cast<std::size_t>(end - text.data()))};
}

std::optional<std::uint64_t> whole(std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
    return value;
}

std::string not_a(std::string_view text, const char* what) {
    return "'" + std::string(text) + "' is no " + what;
}

}  // namespace

std::chrono::nanoseconds parse_duration(std::string_view text) {
    constexpr struct {
        std::string_view name;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"m", 60}, {"min", 60}, {"h", 3600}};
    constexpr double most = 9e9;  // seconds that fit 64 bits of nanoseconds
    if (const auto parsed = quantity(text)) {
        for (const auto& unit : units) {
            if (parsed->unit != unit.name) continue;
            const double seconds = parsed->number * unit.seconds;
            if (seconds > most) break;
            return std::chrono::nanoseconds(std::llround(seconds * 1e9));
        }
    }
    throw UsageError(not_a(text, "duration; write 500ms, 10s or 2m"));
}

std::uint64_t parse_bytes(std::string_view text) {
    constexpr struct {
        std::string_view name;
        double bytes;
    } units[] = {{"", 1},        {"B", 1},         {"K", 1 << 10}, {"KiB", 1 << 10}, {"M", 1 << 20}, {"MiB", 1 << 20},
                 {"G", 1 << 30}, {"GiB", 1 << 30}, {"kB", 1e3},    {"KB", 1e3},      {"MB", 1e6},    {"GB", 1e9}};
    constexpr double most = 9e18;
    if (const auto parsed = quantity(text)) {
        for (const auto& unit : units) {
            if (parsed->unit != unit.name) continue;
            const double bytes = parsed->number * unit.bytes;
            if (bytes > most || bytes != std::floor(bytes)) break;
            return static_cast<std::uint64_t>(bytes);
        }
    }
    throw UsageError(not_a(text, "size; write 64KiB, 8MB or a number of bytes"));
}

WidthHeight parse_size(std::string_view text) {
    const std::size_t cross = text.find('x');
    if (cross != std::string_view::npos) {
        const auto width = whole(text.substr(0, cross), 65535);
        const auto height = whole(text.substr(cross + 1), 65535);
        if (width && height && *width > 0 && *height > 0) {
            return {static_cast<std::uint32_t>(*width), static_cast<std::uint32_t>(*height)};
        }
    }
    throw UsageError(not_a(text, "picture size; write 640x480, each side 1 to 65535"));
}

ListenAddress parse_listen(std::string_view text) {
    if (constexpr std::string_view scheme = "unix:"; text.starts_with(scheme)) {
        if (text.size() == scheme.size()) throw UsageError(not_a(text, "address to listen on; write unix:PATH"));
        return {.host = {}, .port = 0, .file = std::string(text.substr(scheme.size()))};
    }
    std::string_view host = "localhost";
    std::string_view port = text;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || end + 1 >= text.size() || text[end + 1] != ':') {
            throw UsageError(not_a(text, "address to listen on; write [::1]:8080"));
        }
        host = text.substr(1, end - 1);
        port = text.substr(end + 2);
    } else if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    const auto number = whole(port, std::numeric_limits<std::uint16_t>::max());
    if (!number || (host.find(':') != std::string_view::npos) != text.starts_with('[')) {
        throw UsageError(not_a(text, "address to listen on; write localhost:8080, :8080, [::1]:8080 or unix:PATH"));
    }
    return {std::string(host), static_cast<std::uint16_t>(*number)};
}

}  // namespace framepipe
