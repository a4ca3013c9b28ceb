#include "volume/nrrd_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "frame/ascii.hpp"
#include "frame/error.hpp"

namespace framepipe {
namespace {

constexpr std::size_t kMaxHeader = 1 << 20;
constexpr std::size_t kMaxAxes = 16;  // teem's own

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The field's name in lower case, without the spaces that some have and some have not.
std::string field_name(std::string_view text) {
    std::string name = lower(trimmed(text));
    std::erase(name, ' ');
    return name;
}

using Fields = std::map<std::string, std::string, std::less<>>;

/// Takes the first line from `text`, without its end.
std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// The header's fields; `length` becomes its bytes.
Fields fields_of(std::string_view text, std::size_t& length) {
    const std::string_view head = text.substr(0, kMaxHeader);
    std::string_view rest = head;
    Fields fields;
    take_line(rest);  // the magic
    bool ended = false;
    while (!ended && !rest.empty()) {
        const std::string_view line = take_line(rest);
        if (line.empty()) {
            ended = true;
            continue;
        }
        if (line.starts_with('#')) continue;
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) throw Error(fmt::format("its header has a line without a colon: '{}'", line.substr(0, 60)));
        if (line.substr(colon).starts_with(":=")) continue;  // a key of the user's own
        if (!fields.emplace(field_name(line.substr(0, colon)), trimmed(line.substr(colon + 1))).second)
            throw Error(fmt::format("its header says '{}' twice", line.substr(0, colon)));
    }
    if (!ended && head.size() < text.size()) throw Error(fmt::format("its header does not end within {} bytes", kMaxHeader));
    // Without an end it can be whole only where the voxels are elsewhere.
    if (!ended && !fields.contains("datafile")) throw Error("it ends inside its header");
    length = head.size() - rest.size();
    return fields;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!(text = trimmed(text)).empty()) {
        const auto end = std::min(text.find_first_of(" \t"), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return words;
}

template <typename T>
T number(std::string_view word, std::string_view field) {
    T value{};
    if (word.starts_with('+')) word.remove_prefix(1);
    const auto [end, result] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (result != std::errc() || end != word.data() + word.size())
        throw Error(fmt::format("its header has '{}' where '{}' wants a number", word.substr(0, 40), field));
    return value;
}

/// "(1,0,0)", or "none", which is empty.
std::vector<double> vector_of(std::string_view text, std::string_view field) {
    if (lower(text) == "none") return {};
    if (!text.starts_with('(') || !text.ends_with(')'))
        throw Error(fmt::format("its header has '{}' where '{}' wants a vector", text.substr(0, 40), field));
    text = text.substr(1, text.size() - 2);
    std::vector<double> numbers;
    for (;;) {
        const auto end = std::min(text.find(','), text.size());
        numbers.push_back(number<double>(trimmed(text.substr(0, end)), field));
        if (end == text.size()) return numbers;
        text.remove_prefix(end + 1);
    }
}

/// "(1,0,0) none (0, 0, 1)"
std::vector<std::vector<double>> vectors_of(std::string_view text, std::string_view field) {
    std::vector<std::vector<double>> vectors;
    while (!(text = trimmed(text)).empty()) {
        const auto end =
            text.starts_with('(') ? std::min(text.find(')'), text.size() - 1) + 1 : std::min(text.find_first_of(" \t("), text.size());
        vectors.push_back(vector_of(text.substr(0, end), field));
        text.remove_prefix(end);
    }
    return vectors;
}

/// "\"mm\" \"\" \"s\""
std::vector<std::string> quoted_words(std::string_view text, std::string_view field) {
    std::vector<std::string> words;
    while (!(text = trimmed(text)).empty()) {
        const auto end = text.starts_with('"') ? text.find('"', 1) : std::string_view::npos;
        if (end == std::string_view::npos)
            throw Error(fmt::format("its header has '{}' where '{}' wants words in quotes", text.substr(0, 40), field));
        words.emplace_back(text.substr(1, end - 1));
        text.remove_prefix(end + 1);
    }
    return words;
}

VoxelType type_of(std::string_view text) {
    static constexpr std::pair<std::string_view, VoxelType> kTypes[] = {
        {"signed char", VoxelType::int8},
        {"int8", VoxelType::int8},
        {"int8_t", VoxelType::int8},
        {"uchar", VoxelType::uint8},
        {"unsigned char", VoxelType::uint8},
        {"uint8", VoxelType::uint8},
        {"uint8_t", VoxelType::uint8},
        {"short", VoxelType::int16},
        {"short int", VoxelType::int16},
        {"signed short", VoxelType::int16},
        {"signed short int", VoxelType::int16},
        {"int16", VoxelType::int16},
        {"int16_t", VoxelType::int16},
        {"ushort", VoxelType::uint16},
        {"unsigned short", VoxelType::uint16},
        {"unsigned short int", VoxelType::uint16},
        {"uint16", VoxelType::uint16},
        {"uint16_t", VoxelType::uint16},
        {"int", VoxelType::int32},
        {"signed int", VoxelType::int32},
        {"int32", VoxelType::int32},
        {"int32_t", VoxelType::int32},
        {"uint", VoxelType::uint32},
        {"unsigned int", VoxelType::uint32},
        {"uint32", VoxelType::uint32},
        {"uint32_t", VoxelType::uint32},
        {"longlong", VoxelType::int64},
        {"long long", VoxelType::int64},
        {"long long int", VoxelType::int64},
        {"signed long long", VoxelType::int64},
        {"signed long long int", VoxelType::int64},
        {"int64", VoxelType::int64},
        {"int64_t", VoxelType::int64},
        {"ulonglong", VoxelType::uint64},
        {"unsigned long long", VoxelType::uint64},
        {"unsigned long long int", VoxelType::uint64},
        {"uint64", VoxelType::uint64},
        {"uint64_t", VoxelType::uint64},
        {"float", VoxelType::float32},
        {"double", VoxelType::float64},
    };
    const std::string name = lower(text);
    for (const auto& [known, type] : kTypes)
        if (name == known) return type;
    if (name == "block") throw Error("its voxels are blocks of bytes (type: block); integers, float or double are wanted");
    throw Error(fmt::format("its voxels are of a type that is not known ('{}'); integers, float or double are wanted", text.substr(0, 40)));
}

NrrdEncoding encoding_of(std::string_view text) {
    const std::string name = lower(text);
    if (name == "raw") return NrrdEncoding::raw;
    if (name == "gzip" || name == "gz") return NrrdEncoding::gzip;
    if (name == "txt" || name == "text" || name == "ascii") return NrrdEncoding::text;
    throw Error(fmt::format("its voxels are encoded as '{}'; raw, gzip and text are understood", text.substr(0, 40)));
}

bool endian_of(std::string_view text) {
    const std::string name = lower(text);
    if (name != "little" && name != "big")
        throw Error(fmt::format("its header says 'endian: {}'; it is little or big", text.substr(0, 40)));
    return name == "big";
}

std::string space_of(std::string_view text) {
    const std::string name = lower(text);
    if (name == "ras") return "right-anterior-superior";
    if (name == "las") return "left-anterior-superior";
    if (name == "lps") return "left-posterior-superior";
    return name;
}

std::string data_file_of(std::string_view text) {
    const auto words = words_of(text);
    const bool numbered = words.size() >= 4 && words[0].find('%') != std::string_view::npos;
    if ((!words.empty() && words[0] == "LIST") || numbered) throw Error("its voxels are in several data files; one is understood");
    if (text.empty()) throw Error("its header names no data file where it should");
    return std::string(text);
}

}  // namespace

NrrdHeader parse_nrrd_header(std::string_view text) {
    NrrdHeader header;
    const Fields fields = fields_of(text, header.length);
    const auto find = [&](std::string_view name) -> const std::string* {
        const auto found = fields.find(name);
        return found == fields.end() ? nullptr : &found->second;
    };
    const auto need = [&](std::string_view name) -> const std::string& {
        const std::string* field = find(name);
        if (field == nullptr) throw Error(fmt::format("its header has no '{}'", name));
        return *field;
    };
    const auto dimension = number<std::uint64_t>(need("dimension"), "dimension");
    if (dimension < 1 || dimension > kMaxAxes) throw Error(fmt::format("its header says that it has {} axes; a volume has 3", dimension));
    const auto each_axis = [&](const auto& list, std::string_view field) {
        if (list.size() != dimension)
            throw Error(
                fmt::format("its header has {} of '{}' for {} {}", list.size(), field, dimension, dimension == 1 ? "axis" : "axes"));
    };

    for (const std::string_view word : words_of(need("sizes"))) header.sizes.push_back(number<std::int64_t>(word, "sizes"));
    each_axis(header.sizes, "sizes");
    header.type = type_of(need("type"));
    header.encoding = encoding_of(need("encoding"));
    if (const auto* field = find("endian")) header.big_endian = endian_of(*field);
    if (const auto* field = find("datafile")) header.data_file = data_file_of(*field);
    if (const auto* field = find("lineskip")) header.line_skip = number<std::uint64_t>(*field, "line skip");
    if (const auto* field = find("byteskip")) header.byte_skip = number<std::int64_t>(*field, "byte skip");
    if (const auto* field = find("kinds")) {
        for (const std::string_view word : words_of(*field)) header.kinds.push_back(lower(word));
        each_axis(header.kinds, "kinds");
    }
    if (const auto* field = find("spacings")) {
        for (const std::string_view word : words_of(*field)) header.spacings.push_back(number<double>(word, "spacings"));
        each_axis(header.spacings, "spacings");
    }
    if (const auto* field = find("units")) {
        header.units = quoted_words(*field, "units");
        each_axis(header.units, "units");
    }
    if (const auto* field = find("space")) header.space = space_of(*field);
    if (const auto* field = find("spaceunits")) header.space_units = quoted_words(*field, "space units");
    if (const auto* field = find("spacedirections")) {
        header.directions = vectors_of(*field, "space directions");
        each_axis(header.directions, "space directions");
    }
    if (const auto* field = find("spaceorigin")) header.origin = vector_of(*field, "space origin");
    return header;
}

}  // namespace framepipe
