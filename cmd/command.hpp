// What every command does around its own work: options that all share, help, version, exit codes.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cli/exit_code.hpp"
#include "frame/input.hpp"

namespace framepipe {

/// Options that every command takes.
struct CommonOptions {
    bool verbose = false;
    bool quiet = false;
    std::string stream;  // --stream NAME; given: frames written get this stream
    bool stream_given = false;
    bool latest = false;  // filters and sinks only
    std::uint64_t max_frame = kDefaultMaxFrame;
};

enum class Role { source, filter, sink };

/// Declares --help, --version, -v, --quiet, --stream, --max-frame and, but for sources, --latest.
void declare_common(CLI::App& app, CommonOptions& options, Role role);

/// The input options that the shared options ask for, with warnings going to the log.
InputOptions input_options(const CommonOptions& options, FrameWriter* downstream);

/// A command: its declaration, which the tests of help, manual and completions walk too.
struct CommandSpec {
    const char* name;
    const char* summary;
    /// Declares options into `app`, bound to a state that `run` uses, and returns `run`.
    std::function<std::function<ExitCode()>(CLI::App& app)> declare;
};

/// Parses, runs, and maps what is thrown: Error to `command: words` and 1, UsageError and CLI11's to 2.
int command_main(int argc, char** argv, const CommandSpec& spec);

/// After words for a person were written to std::cout. throws SystemError if they did not get there
void flush_words();

/// Ends with a UsageError that says what to pipe into if stdout is a terminal.
void refuse_terminal_output(const char* example);

// Validators for CLI11 that parse with lib/cli/units.hpp; each is an option's ->transform or ->check.
/// Binds an option of a duration to nanoseconds.
CLI::Option* add_duration(CLI::App& app, const std::string& names, std::chrono::nanoseconds& value, const std::string& help);
/// Binds an option of a size in bytes.
CLI::Option* add_bytes(CLI::App& app, const std::string& names, std::uint64_t& value, const std::string& help);

/// A check that the value is a whole number from `least` to `most`.
CLI::Validator whole_number(std::int64_t least, std::int64_t most = 1'000'000'000'000'000);

/// Each command's declaration. Defined in cmd/<command>/.
namespace commands {
extern const CommandSpec capture;
extern const CommandSpec encode;
extern const CommandSpec frames;
extern const CommandSpec publish;
extern const CommandSpec render_slice;
extern const CommandSpec render_text;
extern const CommandSpec wsserve;
}  // namespace commands

}  // namespace framepipe
