// Options of the commands that play recorded pictures.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace framepipe {

struct PlayedOptions {
    std::optional<double> fps;
    std::optional<std::uint64_t> count;
    std::string loop;  // as it was given; empty: not

    bool looped() const { return !loop.empty(); }
    /// Times in all; 0: for ever.
    std::uint64_t loops() const;
    /// Frames a second where none are asked for and the frames do not know either; 0: as fast as the reader takes them.
    double default_fps() const { return looped() ? 10 : 0; }
};

/// Declares --fps, --count and --loop.
/// played  what --loop plays again: "files"
void declare_played(CLI::App& app, PlayedOptions& options, const std::string& played);

/// Empty if the text is a number from 0 to `most`, else what is wrong with it.
std::string wrong_number(const std::string& text, double most, bool whole);

/// --loop is a flag without a number: CLI11 gives it one only after '='.
bool loops_without_number(const PlayedOptions& options);

}  // namespace framepipe
