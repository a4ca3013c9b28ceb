#include "volume/slice_request.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "frame/error.hpp"

namespace framepipe {
namespace {

namespace json = boost::json;

constexpr const char* kKeys = "index, position, axis, window, level, range, colormap, invert, size and describe";

/// The beginning of what somebody sent, for a message of one line.
std::string quoted(std::string_view text) {
    constexpr std::size_t kMost = 40;
    std::string shown(text.substr(0, kMost));
    for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return "'" + shown + (text.size() > kMost ? "...'" : "'");
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

[[noreturn]] void refuse(std::string_view key, const json::value& value, const char* wanted) {
    throw Error(fmt::format("{} {}: {}", std::string(key), quoted(json::serialize(value)), wanted));
}

double finite(std::string_view key, const json::value& value, const char* wanted) {
    json::error_code failed;
    const double number = value.to_number<double>(failed);
    if (failed || !std::isfinite(number)) refuse(key, value, wanted);
    return number;
}

std::int64_t whole(std::string_view key, const json::value& value) {
    constexpr const char* kWanted = "a whole number is wanted";
    json::error_code failed;
    const auto number = value.to_number<std::int64_t>(failed);
    if (failed) refuse(key, value, kWanted);
    return number;
}

std::string word(std::string_view key, const json::value& value, const char* wanted) {
    if (!value.is_string()) refuse(key, value, wanted);
    return std::string(value.as_string());
}

RangeWish range_of(std::string_view key, const json::value& value) {
    constexpr const char* kWanted = "[MIN, MAX], auto or full is wanted";
    if (value.is_string()) return parse_range(std::string_view(value.as_string()));
    if (!value.is_array() || value.as_array().size() != 2) refuse(key, value, kWanted);
    const ValueRange range{finite(key, value.as_array()[0], kWanted), finite(key, value.as_array()[1], kWanted)};
    if (!(range.least < range.greatest)) refuse(key, value, "the first value must be below the second");
    return range;
}

Extent size_of(std::string_view key, const json::value& value) {
    constexpr const char* kWanted = "[WIDTH, HEIGHT] is wanted, each 1 to 4096";
    if (value.is_string()) return parse_slice_size(std::string_view(value.as_string()));
    if (!value.is_array() || value.as_array().size() != 2) refuse(key, value, kWanted);
    const auto side = [&](const json::value& one) {
        const std::int64_t number = whole(key, one);
        if (number < 1 || number > kLongestSide) refuse(key, value, kWanted);
        return static_cast<std::uint32_t>(number);
    };
    return {side(value.as_array()[0]), side(value.as_array()[1])};
}

void take(SliceRequest& request, std::string_view key, const json::value& value) {
    if (key == "index") {
        request.index = whole(key, value);
    } else if (key == "position") {
        request.position = finite(key, value, "a number from 0 to 1 is wanted");
        if (*request.position < 0 || *request.position > 1) refuse(key, value, "a number from 0 to 1 is wanted");
    } else if (key == "axis") {
        request.axis = value.is_int64() ? std::to_string(value.as_int64()) : word(key, value, "the name of an axis is wanted");
    } else if (key == "window") {
        request.window = finite(key, value, "a number over 0 is wanted");
        if (*request.window <= 0) refuse(key, value, "a number over 0 is wanted");
    } else if (key == "level") {
        request.level = finite(key, value, "a number is wanted");
    } else if (key == "range") {
        request.range = range_of(key, value);
    } else if (key == "colormap") {
        request.colormap = word(key, value, "the name of a colour map is wanted");
    } else if (key == "invert") {
        if (!value.is_bool()) refuse(key, value, "true or false is wanted");
        request.invert = value.as_bool();
    } else if (key == "size") {
        request.size = size_of(key, value);
    } else if (key == "describe") {
        if (!value.is_bool()) refuse(key, value, "true or false is wanted");
        request.describe = value.as_bool();
    } else {
        throw Error(fmt::format("{} is not understood: the keys are {}", quoted(key), kKeys));
    }
}

}  // namespace

RangeWish parse_range(std::string_view text) {
    if (text == "auto") return NamedRange::automatic;
    if (text == "full") return NamedRange::full;
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
        const auto least = number_of<double>(text.substr(0, colon)), greatest = number_of<double>(text.substr(colon + 1));
        if (least && greatest && std::isfinite(*least) && std::isfinite(*greatest) && *least < *greatest)
            return ValueRange{*least, *greatest};
    }
    throw Error(fmt::format("range {}: MIN:MAX with MIN below MAX, auto or full is wanted", quoted(text)));
}

Extent parse_slice_size(std::string_view text) {
    const std::size_t cross = text.find('x');
    if (cross != std::string_view::npos) {
        const auto width = number_of<std::uint32_t>(text.substr(0, cross)), height = number_of<std::uint32_t>(text.substr(cross + 1));
        if (width && height && *width >= 1 && *height >= 1 && *width <= kLongestSide && *height <= kLongestSide) return {*width, *height};
    }
    throw Error(fmt::format("size {}: WIDTHxHEIGHT is wanted, each 1 to {}", quoted(text), kLongestSide));
}

SliceRequest parse_slice_request(std::string_view text, std::string_view indices) {
    if (text.size() > kLongestRequest)
        throw Error(fmt::format("a request of {} bytes is over the limit of {}", text.size(), kLongestRequest));
    const std::string_view words = trimmed(text);
    SliceRequest request;
    if (const auto index = number_of<std::int64_t>(words)) {
        request.index = index;
        return request;
    }
    if (!words.starts_with('{'))
        throw Error(fmt::format("{} is not understood: {} is wanted, or a JSON object with any of {}", quoted(words), indices, kKeys));
    json::error_code failed;
    const json::value value = json::parse(words, failed);
    if (failed) throw Error(fmt::format("{} is no JSON: {}", quoted(words), failed.message()));
    for (const auto& member : value.as_object()) take(request, std::string_view(member.key()), member.value());
    if (request.index && request.position) throw Error("index and position: one of them is wanted");
    if (request.range && (request.window || request.level)) throw Error("range and window or level: one of them is wanted");
    return request;
}

}  // namespace framepipe
