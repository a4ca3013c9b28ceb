#include "help.hpp"

#include <algorithm>

namespace framepipe {
namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : between) + word;
    return all;
}

/// What a value is called. CLI11 gives `TYPE:VALIDATOR`, where a validator may be `{a,b}`.
std::string value_name(const std::string& type) {
    if (type == "HOST:PORT") return type;  // has a colon of its own
    const auto colon = type.find(':');
    const std::string name = type.substr(0, colon);
    if (colon != std::string::npos && type[colon + 1] == '{' && type.find("->") == std::string::npos) {
        std::string choices = type.substr(colon + 2, type.find('}') - colon - 2);
        std::replace(choices.begin(), choices.end(), ',', '|');
        return choices;
    }
    return name == "INT" || name == "UINT" || name == "FLOAT" ? "N" : name;
}

}  // namespace

std::string HelpFormat::make_option_name(const CLI::Option* option, bool is_positional) const {
    if (is_positional) return option->get_name(true, false);
    std::vector<std::string> names;
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return joined(names, ", ");
}

std::string HelpFormat::make_option_opts(const CLI::Option* option) const {
    if (option->get_positional()) return option->get_expected_max() > 1 ? "..." : "";
    return option->get_type_size() == 0 ? "" : " " + value_name(option->get_type_name());
}

std::string HelpFormat::make_option_desc(const CLI::Option* option) const {
    const std::string standard = option->get_default_str();
    return option->get_description() + (standard.empty() ? "" : " (default: " + standard + ")");
}

}  // namespace framepipe
