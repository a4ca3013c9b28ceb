// capture: pictures from cameras, files and networks, as a stream of frames.
// Live sources keep the newest picture when the reader is slow; recorded ones wait and drop nothing.
// Ends 0 when the source ends, the reader goes away or a live source is told to stop; 1 if the
// source fails or a picture had to be left out.
#include <unistd.h>

#include <cmath>

#include "cli/log.hpp"
#include "cli/signals.hpp"
#include "cli/units.hpp"
#include "command.hpp"
#include "frame/error.hpp"
#include "source/pattern_source.hpp"
#include "source/play.hpp"

namespace framepipe {

namespace {

struct Options {
    CommonOptions common;
    std::vector<std::string> sources;
    WidthHeight size;  // 0x0: not given
    std::optional<double> fps;
    std::optional<std::uint64_t> count;
    std::string pixel_format = "rgb24";
};

void declare(CLI::App& app, Options& o) {
    declare_common(app, o.common, Role::source);
    app.add_option("SOURCE", o.sources, "where pictures come from")->required();
    app.add_option_function<std::string>(
           "-s,--size", [&o](const std::string& text) { o.size = parse_size(text); },
           "size asked of a camera, or of test: (default: 640x480)")
        ->type_name("WxH");
    app.add_option("-r,--fps", o.fps, "frames a second; 0: as fast as the reader takes them")->check(CLI::Range(0.0, 1e6));
    app.add_option("-n,--count", o.count, "end after N frames");
    app.add_option("--pixel-format", o.pixel_format, "pixel format of test: (default: rgb24)");
}

std::optional<std::string> stream_of(const CommonOptions& common) {
    return common.stream_given ? std::optional(common.stream) : std::nullopt;
}

ExitCode run_pattern(const Options& o, FrameWriter& out) {
    const auto format = pixel_format(o.pixel_format);
    if (!format) throw UsageError("unknown pixel format '" + o.pixel_format + "'");
    const Extent extent = o.size.width ? Extent{o.size.width, o.size.height} : Extent{640, 480};
    std::stop_source stop;
    if (o.fps == 0) {
        StopSignals signals(die_of, false);
        PatternSource source(extent, *format);
        play(source, out, {0.0, o.count, stream_of(o.common)}, stop.get_token());
    } else {
        StopSignals signals([&](int) { stop.request_stop(); }, true);
        const Pattern pattern(extent, *format);
        const auto drops = run_live_pattern(pattern, out, {o.fps.value_or(30), o.count, stream_of(o.common)}, stop.get_token());
        if (drops > 0) log::verbose(std::to_string(drops) + " frames dropped: the reader was slower");
    }
    return ExitCode::ok;
}

ExitCode run(const Options& o) {
    refuse_terminal_output("capture test: | wsserve");
    FrameWriter out(STDOUT_FILENO, "capture");
    if (o.sources.front() == "test:") return run_pattern(o, out);
    throw UsageError("unknown source '" + o.sources.front() + "'");
}

}  // namespace

const CommandSpec commands::capture{"capture", "Pictures from cameras, files and networks, as a stream of frames", [](CLI::App& app) {
                                        auto options = std::make_shared<Options>();
                                        declare(app, *options);
                                        return [options] { return run(*options); };
                                    }};

}  // namespace framepipe
