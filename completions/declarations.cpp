// declarations: prints what the commands declare, for those who make or check completions and manual.
// declarations --parse COMMAND [ARGUMENT...]: only parses, and fails with the reason where it cannot.
//
// One line an option, fields apart by tabs: command, kind (flag, value, optional-value, argument),
// names apart by commas, what the value is called or its choices, "many" if it may be repeated, description.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "command.hpp"
#include "frame/error.hpp"

namespace {

constexpr const framepipe::CommandSpec* kCommands[] = {
#include "commands.inc"
};

std::string joined_names(const CLI::Option& option) {
    std::string names;
    const auto add = [&names](const std::string& name) { names += (names.empty() ? "" : ",") + name; };
    for (const std::string& name : option.get_snames()) add("-" + name);
    for (const std::string& name : option.get_lnames()) add("--" + name);
    return names.empty() ? option.get_single_name() : names;
}

const char* kind_of(const CLI::Option& option) {
    if (option.get_positional()) return "argument";
    if (option.get_items_expected_max() == 0) return "flag";
    return option.get_items_expected_min() == 0 ? "optional-value" : "value";
}

/// The declared application, and what runs it, which must outlive the parsing.
struct Declared {
    explicit Declared(const framepipe::CommandSpec& spec) : app(spec.summary, spec.name) {
        run = spec.declare(app);
    }
    CLI::App app;
    std::function<framepipe::ExitCode()> run;
};

void print(const framepipe::CommandSpec& spec) {
    const Declared declared(spec);
    for (const CLI::Option* option : declared.app.get_options()) {
        const bool many = option->get_items_expected_max() > 1;
        std::string description = option->get_description();
        std::replace(description.begin(), description.end(), '\n', ' ');
        std::printf("%s\t%s\t%s\t%s\t%s\t%s\n", spec.name, kind_of(*option), joined_names(*option).c_str(), option->get_type_name().c_str(),
                    many ? "many" : "", description.c_str());
    }
}

int parse(const framepipe::CommandSpec& spec, std::vector<std::string> arguments) {
    Declared declared(spec);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    try {
        declared.app.parse(arguments);
    } catch (const CLI::Success&) {
        return 0;
    } catch (const std::exception& error) {
        std::printf("%s: %s\n", spec.name, error.what());
        return 1;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 2 && std::strcmp(argv[1], "--parse") == 0) {
        for (const framepipe::CommandSpec* spec : kCommands) {
            if (std::strcmp(spec->name, argv[2]) == 0) return parse(*spec, {argv + 3, argv + argc});
        }
        std::printf("no command is called %s\n", argv[2]);
        return 1;
    }
    for (const framepipe::CommandSpec* spec : kCommands) print(*spec);
    return 0;
}
