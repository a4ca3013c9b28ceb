#include "play_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "command.hpp"

namespace framepipe {
namespace {

/// What CLI11 makes of a flag without a value.
constexpr const char* kForEver = "true";

}  // namespace

std::string wrong_number(const std::string& text, double most, bool whole) {
    double value = -1;
    const auto [end, result] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good =
        result == std::errc() && end == text.data() + text.size() && value >= 0 && value <= most && (!whole || value == std::floor(value));
    return good ? std::string() : fmt::format("'{}' is not a {}number from 0 to {:.0f}", text, whole ? "whole " : "", most);
}

std::uint64_t PlayedOptions::loops() const {
    return !looped() ? 1 : loops_without_number(*this) ? 0 : std::stoull(loop);
}

bool loops_without_number(const PlayedOptions& options) {
    return options.loop == kForEver;
}

void declare_played(CLI::App& app, PlayedOptions& options, const std::string& played) {
    app.add_option("-r,--fps", options.fps, "frames a second; 0: as fast as the reader takes them")
        ->check([](const std::string& text) { return wrong_number(text, 1e6, false); })
        ->type_name("N");
    app.add_option("-n,--count", options.count, "end after N frames")->check(whole_number(0))->type_name("N");
    app.add_flag("--loop", options.loop, "play " + played + " again and again; --loop=N: N times in all")
        ->check([](const std::string& text) { return text == kForEver ? std::string() : wrong_number(text, 1e9, true); });
}

}  // namespace framepipe
