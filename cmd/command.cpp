#include "command.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <exception>
#include <iostream>

#include "cli/log.hpp"
#include "cli/signals.hpp"
#include "cli/units.hpp"
#include "frame/error.hpp"
#include "help.hpp"

namespace framepipe {
namespace {

/// CLI11's own words, as one line in our style.
std::string one_line(std::string words) {
    std::replace(words.begin(), words.end(), '\n', ' ');
    while (!words.empty() && (words.back() == ' ' || words.back() == '.')) words.pop_back();
    if (words.size() > 1 && words[1] >= 'a' && words[1] <= 'z') words[0] = static_cast<char>(std::tolower(words[0]));
    return words;
}

}  // namespace

void declare_common(CLI::App& app, CommonOptions& options, Role role) {
    app.formatter(std::make_shared<HelpFormat>());
    app.set_help_flag("-h,--help", "show this help and exit");
    app.set_version_flag("--version", app.get_name() + " (framepipe) " FRAMEPIPE_VERSION, "show the version and exit");
    app.add_flag("-v,--verbose", options.verbose, "say more about what happens");
    app.add_flag("--quiet", options.quiet, "say only what ends the command");
    app.add_option_function<std::string>(
           "--stream",
           [&options](const std::string& name) {
               options.stream = name;
               options.stream_given = true;
           },
           role == Role::sink ? "take frames without a stream name as this stream" : "the stream's name in the frames written")
        ->type_name("NAME");
    if (role != Role::source) app.add_flag("--latest", options.latest, "process only the newest picture that can be read");
    add_bytes(app, "--max-frame", options.max_frame, "largest payload taken (default: 256MiB)");
}

InputOptions input_options(const CommonOptions& options, FrameWriter* downstream) {
    InputOptions input;
    input.max_frame = options.max_frame;
    input.latest = options.latest;
    input.downstream = downstream;
    input.warn = [](const std::string& words) { log::warn(words); };
    return input;
}

int command_main(int argc, char** argv, const CommandSpec& spec) {
    prepare_process();
    log::setup(spec.name);
    try {
        CLI::App app(spec.summary, spec.name);
        const std::function<ExitCode()> run = spec.declare(app);
        try {
            app.parse(argc, argv);
        } catch (const CLI::Success& done) {  // --help, --version
            app.exit(done);
            flush_words();
            return static_cast<int>(ExitCode::ok);
        } catch (const CLI::ParseError& error) {
            log::error(one_line(error.what()) + "; see " + spec.name + " --help");
            return static_cast<int>(ExitCode::usage);
        }
        const auto given = [&](const char* name) { return app.get_option_no_throw(name) != nullptr && app.count(name) > 0; };
        if (given("--verbose")) log::set_level(log::Level::verbose);
        if (given("--quiet")) log::set_level(log::Level::quiet);
        return static_cast<int>(run());
    } catch (const UsageError& error) {
        log::error(error.what());
        return static_cast<int>(ExitCode::usage);
    } catch (const std::bad_alloc&) {
        log::error("out of memory");
    } catch (const std::exception& error) {
        log::error(error.what());
    }
    return static_cast<int>(ExitCode::failed);
}

void flush_words() {
    errno = 0;
    // Who has seen enough (a pager, head) may leave.
    if (!std::cout.flush() && errno != EPIPE) throw SystemError("cannot write to stdout", errno);
}

void refuse_terminal_output(const char* example) {
    if (::isatty(STDOUT_FILENO) == 1) throw UsageError(std::string("stdout is a terminal, which cannot show frames; try: ") + example);
}

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
    const auto wrong = [least, most](const std::string& text) -> std::string {
        std::int64_t value = 0;
        const auto [end, result] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (result == std::errc() && end == text.data() + text.size() && value >= least && value <= most) return {};
        return "'" + text + "' is not a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    };
    return CLI::Validator(wrong, "");
}

CLI::Option* add_duration(CLI::App& app, const std::string& names, std::chrono::nanoseconds& value, const std::string& help) {
    return app
        .add_option_function<std::string>(
            names, [&value](const std::string& text) { value = parse_duration(text); }, help)
        ->type_name("DURATION");
}

CLI::Option* add_bytes(CLI::App& app, const std::string& names, std::uint64_t& value, const std::string& help) {
    return app
        .add_option_function<std::string>(
            names, [&value](const std::string& text) { value = parse_bytes(text); }, help)
        ->type_name("SIZE");
}

}  // namespace framepipe
