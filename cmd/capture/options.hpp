// What capture is told on its command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker_options.hpp"
#include "command.hpp"
#include "image/pixel_format.hpp"
#include "play_options.hpp"
#include "source/camera.hpp"
#include "source/source_kind.hpp"

namespace framepipe::capture {

struct Options {
    CommonOptions common;
    std::vector<std::string> sources;
    std::optional<Extent> size;
    PlayedOptions played;
    std::optional<double> speed;
    bool strict = false;
    bool watch = false;
    bool follow = false;
    std::string pixel_format;   // empty: not given
    std::string camera_format;  // empty: not given
    std::chrono::nanoseconds idle_close = std::chrono::seconds(10);
    bool no_retry = false;
    std::string token_file;
    BrokerOptions broker;
    bool list_devices = false;

    CameraPictures camera_pictures() const;
    std::optional<std::string> stream() const { return common.stream_given ? std::optional(common.stream) : std::nullopt; }
};

void declare(CLI::App& app, Options& options);

/// What the first source is, after a look at the others: only files can be joined.
/// throws UsageError if there is none, or they cannot be joined
SourceKind kind_of_sources(const Options& options);

/// throws UsageError for options that would do nothing, since somebody expects them to
void check_options(const Options& options, SourceKind kind);

}  // namespace framepipe::capture
