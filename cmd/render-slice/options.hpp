// What render-slice is told on its command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "command.hpp"
#include "play_options.hpp"
#include "volume/open_volume.hpp"
#include "volume/slice_look.hpp"

namespace framepipe::render_slice {

struct Options {
    CommonOptions common;
    std::string volume;

    // Which slices. None of the three: those that are asked for on stdin.
    std::optional<std::int64_t> index;
    bool all = false;
    bool describe = false;
    PlayedOptions played;  // of --all
    bool strict = false;

    SliceOptions slice;
    std::string colormap;  // as it was given; empty: not
    bool square = false;
    bool neurological = false;

    // Raw files.
    std::optional<RawLayout> raw;
    std::string shape, dtype;  // as they were given; empty: not
    std::optional<std::uint64_t> offset;
};

void declare(CLI::App& app, Options& options);

/// What the options say when they are seen together: fills in `slice` and `raw`.
/// throws UsageError if they contradict each other
void settle(Options& options);

}  // namespace framepipe::render_slice
