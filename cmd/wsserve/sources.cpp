#include "wsserve/sources.hpp"

#include <fmt/format.h>

#include <set>

#include "frame/error.hpp"
#include "frame/header.hpp"

namespace framepipe {
namespace {

constexpr std::size_t kLongestName = 256;

serve::CommandSourceOptions parse(const std::string& word) {
    const std::size_t sign = word.find('=');
    const std::string name = word.substr(0, sign);
    const std::string said = "--source " + valid_utf8(word) + ": ";
    if (sign == std::string::npos) throw UsageError(said + "a source is NAME=CMD, a stream's name and the command that gives its frames");
    if (name.empty()) throw UsageError(said + "there is no name before the =");
    if (name.size() > kLongestName || !is_valid_utf8(name)) throw UsageError(said + "a name is UTF-8, of up to 256 bytes");
    if (word.find_first_not_of(" \t\n", sign + 1) == std::string::npos) throw UsageError(said + "there is no command after the =");
    serve::CommandSourceOptions source;
    source.name = name;
    source.command = word.substr(sign + 1);
    return source;
}

}  // namespace

std::vector<serve::CommandSourceOptions> parse_sources(const std::vector<std::string>& words, std::size_t most) {
    if (words.size() > most) throw UsageError(fmt::format("--source is given {} times; there can be {} streams", words.size(), most));
    std::vector<serve::CommandSourceOptions> sources;
    std::set<std::string> names;
    for (const std::string& word : words) {
        sources.push_back(parse(word));
        if (!names.insert(sources.back().name).second)
            throw UsageError(fmt::format("--source: the name {} is given twice", json_string(sources.back().name)));
    }
    return sources;
}

}  // namespace framepipe
