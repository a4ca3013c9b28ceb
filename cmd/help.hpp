// How --help shows options: `-s, --size WxH`, choices as `a|b`, defaults in the words behind.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace framepipe {

/// What CLI11 prints of an option, without the marks of its validators.
class HelpFormat : public CLI::Formatter {
public:
    std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
    std::string make_option_opts(const CLI::Option* option) const override;
    std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace framepipe
