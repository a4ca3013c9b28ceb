// What render-text is told on its command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command.hpp"
#include "text/overlay.hpp"
#include "text/style.hpp"

namespace framepipe::render_text {

struct Options {
    CommonOptions common;
    std::vector<std::string> texts;
    std::string text_file;
    std::string clock;
    std::optional<double> fps;
    std::optional<std::uint64_t> count;
    std::uint64_t max_text = 16 << 10;
    bool strict = false;

    bool overlay = false;
    std::string overlay_text;
    std::optional<Anchor> anchor;
    std::optional<std::pair<int, int>> at;
    std::optional<int> quality;

    TextStyle style;
    std::string shadow, box;  // as they were given; empty: not at all
    bool outline_coloured = false;
};

void declare(CLI::App& app, Options& options);

/// Where the text comes from; exactly one of them.
enum class TextSource { arguments, file, clock, input };

/// What the options ask for when they are seen together; fills in the style's defaults that depend on others.
/// throws UsageError if they contradict each other
TextSource settle(Options& options);

/// Where overlays go.
OverlayPlace overlay_place(const Options& options);

}  // namespace framepipe::render_text
