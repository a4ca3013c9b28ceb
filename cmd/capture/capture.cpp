// capture: pictures from cameras, files and networks, as a stream of frames.
// Live sources keep the newest picture when the reader is slow; recorded ones wait and drop nothing.
// Ends 0 when the source ends, the reader goes away or a live source is told to stop; 1 if the
// source fails or a picture had to be left out.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <iostream>
#include <map>
#include <utility>

#include "cli/log.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "cli/units.hpp"
#include "command.hpp"
#include "frame/error.hpp"
#include "source/camera.hpp"
#include "source/expand.hpp"
#include "source/http_stream.hpp"
#include "source/live_loop.hpp"
#include "source/network.hpp"
#include "source/pattern_source.hpp"
#include "source/play.hpp"
#include "source/sequence.hpp"
#include "source/source_kind.hpp"
#include "source/v4l2_devices.hpp"

namespace framepipe {

namespace {

/// What CLI11 makes of a flag without a value.
constexpr const char* kForEver = "true";

struct Options {
    CommonOptions common;
    std::vector<std::string> sources;
    std::optional<Extent> size;
    std::optional<double> fps;
    std::optional<std::uint64_t> count;
    std::string loop;  // times in all; "0" or kForEver: without end; empty: not given
    bool strict = false;
    std::string pixel_format;   // empty: not given
    std::string camera_format;  // empty: not given
    std::chrono::nanoseconds idle_close = std::chrono::seconds(10);
    bool no_retry = false;
    bool list_devices = false;
};

const std::map<std::string, CameraPictures> kCameraFormats{
    {"auto", CameraPictures::automatic}, {"mjpeg", CameraPictures::mjpeg}, {"raw", CameraPictures::raw}};

std::vector<std::string> pixel_format_names() {
    std::vector<std::string> names;
    for (const auto format : all_pixel_formats()) names.emplace_back(name_of(format));
    return names;
}

/// Empty if the text is a number from 0 to `most`, else what is wrong with it.
std::string wrong_number(const std::string& text, double most, bool whole) {
    double value = -1;
    const auto [end, result] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good =
        result == std::errc() && end == text.data() + text.size() && value >= 0 && value <= most && (!whole || value == std::floor(value));
    return good ? std::string() : fmt::format("'{}' is not a {}number from 0 to {:.0f}", text, whole ? "whole " : "", most);
}

void declare(CLI::App& app, Options& o) {
    declare_common(app, o.common, Role::source);
    app.add_option("SOURCE", o.sources,
                   "camera (/dev/video0, 0), files, directories, 'a%d.png', '*.png', video files, rtsp://, http://, - (stdin), test:");
    app.add_option_function<std::string>(
           "-s,--size",
           [&o](const std::string& text) {
               const auto size = parse_size(text);
               o.size = Extent{size.width, size.height};
           },
           "size to ask of a camera; size of test: (default: 640x480)")
        ->type_name("WxH");
    app.add_option("-r,--fps", o.fps, "frames a second; 0: as fast as the reader takes them")
        ->check([](const std::string& text) { return wrong_number(text, 1e6, false); })
        ->type_name("N");
    app.add_option("-n,--count", o.count, "end after N frames")->check(whole_number(0))->type_name("N");
    app.add_flag("--loop", o.loop, "play files again and again; --loop=N: N times in all")->check([](const std::string& text) {
        return text == kForEver ? std::string() : wrong_number(text, 1e9, true);
    });
    app.add_flag("--strict", o.strict, "end at a bad picture instead of leaving it out");
    app.add_option("--pixel-format", o.pixel_format, "pixel format of test: (default: rgb24)")
        ->check(CLI::IsMember(pixel_format_names()))
        ->type_name("FORMAT");
    app.add_option("--camera-format", o.camera_format, "what to take of a camera: auto, mjpeg or raw (default: auto)")
        ->check(CLI::IsMember(std::vector<std::string>{"auto", "mjpeg", "raw"}))
        ->type_name("FORMAT");
    add_duration(app, "--idle-close", o.idle_close, "close a camera when nobody has read for so long; 0: never (default: 10s)");
    app.add_flag("--no-retry", o.no_retry, "end when a camera or stream fails, instead of waiting until it is back");
    app.add_flag("--list-devices", o.list_devices, "list the cameras with their formats, and exit");
}

/// Fails for options that would do nothing, since somebody expects them to.
void check_options(const Options& o, SourceKind kind) {
    const auto only_for = [](bool given, bool fits, const char* option, const char* what) {
        if (given && !fits) throw UsageError(fmt::format("{} is for {} only", option, what));
    };
    const bool camera = kind == SourceKind::camera;
    const bool pattern = kind == SourceKind::pattern;
    const bool files = kind == SourceKind::file;
    only_for(o.size.has_value(), camera || pattern, "--size", "cameras and test:");
    only_for(!o.pixel_format.empty(), pattern, "--pixel-format", "test:");
    only_for(!o.camera_format.empty(), camera, "--camera-format", "cameras");
    only_for(!o.loop.empty(), files, "--loop", "files");
    only_for(o.strict, files, "--strict", "files");
    only_for(o.fps.has_value(), camera || pattern || files || kind == SourceKind::input, "--fps", "cameras, files and test:");
    only_for(camera && o.fps == 0, false, "--fps 0", "files and test:");
}

Say say() {
    return {[](const std::string& words) { log::warn(words); }, [](const std::string& words) { log::notice(words); },
            [](const std::string& words) { log::verbose(words); }};
}

std::optional<std::string> stream_of(const Options& o) {
    return o.common.stream_given ? std::optional(o.common.stream) : std::nullopt;
}

void say_drops(std::uint64_t drops) {
    if (drops > 0) log::verbose(fmt::format("{} frames dropped: the reader was slower", drops));
}

ExitCode run_pattern(const Options& o, FrameWriter& out) {
    const Extent extent = o.size.value_or(Extent{640, 480});
    const PixelFormat format = pixel_format(o.pixel_format).value_or(PixelFormat::rgb24);
    std::stop_source stop;
    const StopSignals signals([&](int) { stop.request_stop(); }, true);
    if (o.fps == 0) {
        PatternSource source(extent, format);
        play(source, out, {0.0, 0, o.count, stream_of(o)}, stop.get_token());
    } else {
        say_drops(run_live_pattern(Pattern(extent, format), out, {o.fps.value_or(30), o.count, stream_of(o)}, stop.get_token()));
    }
    return ExitCode::ok;
}

/// Shows how far a sequence is while it becomes a file; at the end of a pipe somebody else shows it.
class Watched : public Source {
public:
    Watched(Sequence& sequence, std::optional<std::uint64_t> count) : sequence_(sequence), count_(count) {
        struct stat status {};
        if (::fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode)) progress_.emplace();
    }

    std::optional<Frame> next() override {
        auto frame = sequence_.next();
        if (frame) ++given_;
        if (frame && progress_ && (count_ || sequence_.place())) progress_->show([&] { return words(); });
        return frame;
    }

private:
    std::string words() const {
        if (count_) return fmt::format("capture: frame {} of {}", given_, *count_);
        const auto [at, of] = *sequence_.place();
        return fmt::format("capture: frame {}, file {} of {}", given_, at, of);
    }

    Sequence& sequence_;
    const std::optional<std::uint64_t> count_;
    std::uint64_t given_ = 0;
    std::optional<Progress> progress_;
};

ExitCode run_files(const Options& o, FrameWriter& out) {
    std::vector<std::string> files;
    for (const auto& argument : o.sources) {
        auto found = expand_files(argument);
        files.insert(files.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    }
    // What has no end is ended by a signal as a live source is; else the signal's own action is right.
    std::stop_source stop;
    std::optional<StopSignals> signals;
    const std::uint64_t loops = o.loop.empty() ? 1 : o.loop == kForEver ? 0 : std::stoull(o.loop);
    if (loops == 0) signals.emplace([&](int) { stop.request_stop(); }, true);
    Sequence sequence(std::move(files), {loops, o.strict, o.common.max_frame, &out}, say());
    Watched watched(sequence, o.count);
    const double default_fps = o.loop.empty() ? 0 : 10;
    play(watched, out, {o.fps, default_fps, o.count, stream_of(o)}, stop.get_token());
    return sequence.left_out() > 0 ? ExitCode::failed : ExitCode::ok;
}

/// Frames as another program writes them.
class InputSource : public Source {
public:
    explicit InputSource(std::unique_ptr<FrameInput> input) : input_(std::move(input)) {}
    std::optional<Frame> next() override { return input_->next(); }

private:
    std::unique_ptr<FrameInput> input_;
};

ExitCode run_input(const Options& o, FrameWriter& out) {
    if (::isatty(STDIN_FILENO) == 1) throw UsageError("stdin is a terminal; pipe pictures into capture -");
    InputSource source(open_input(STDIN_FILENO, input_options(o.common, &out)));
    // Frames that come in have their own pace, and keep it.
    play(source, out, {o.fps.value_or(0), 0, o.count, stream_of(o)}, {});
    return ExitCode::ok;
}

ExitCode run_device(const Options& o, FrameWriter& out, const std::string& name, const std::function<std::unique_ptr<Source>()>& open) {
    std::stop_source stop;
    const StopSignals signals([&](int) { stop.request_stop(); }, true);
    const LiveOptions options{name, o.idle_close, !o.no_retry, o.count, stream_of(o)};
    say_drops(run_live(open, out, options, say(), stop.get_token()).dropped);
    return ExitCode::ok;
}

ExitCode run_camera(const Options& o, FrameWriter& out) {
    CameraOptions camera{camera_device(o.sources.front()),
                         o.camera_format.empty() ? CameraPictures::automatic : kCameraFormats.at(o.camera_format), o.size, o.fps};
    bool said = false;
    return run_device(o, out, camera.device, [&] { return open_camera(camera, say(), !std::exchange(said, true)); });
}

/// Plays what has an end; runs as a device what has none. `first` is open already.
ExitCode run_video(const Options& o, FrameWriter& out, std::unique_ptr<Source> first, bool live,
                   const std::function<std::unique_ptr<Source>()>& open) {
    if (live) return run_device(o, out, shown_address(o.sources.front()), [&] { return first ? std::move(first) : open(); });
    play(*first, out, {o.fps, 0, o.count, stream_of(o)}, {});
    return ExitCode::ok;
}

ExitCode run_network(const Options& o, FrameWriter& out) {
    const std::string& url = o.sources.front();
    auto video = open_network_video(url);
    const bool live = video->live();
    return run_video(o, out, std::move(video), live, [&] { return open_network_video(url); });
}

ExitCode run_http(const Options& o, FrameWriter& out) {
    const std::string& url = o.sources.front();
    auto stream = std::make_unique<HttpStream>(url, HttpOptions{.max_frame = o.common.max_frame});
    if (stream->type().starts_with("image/")) return run_video(o, out, std::move(stream), false, {});
    if (!stream->type().starts_with("multipart/")) {
        stream.reset();
        return run_network(o, out);
    }
    const auto cared = [&](std::unique_ptr<Source> inner) {
        return std::make_unique<JpegCare>(std::move(inner), shown_address(url), say());
    };
    return run_video(o, out, cared(std::move(stream)), true,
                     [&] { return cared(std::make_unique<HttpStream>(url, HttpOptions{.max_frame = o.common.max_frame})); });
}

ExitCode list_devices() {
    const auto cameras = list_cameras();
    if (cameras.empty()) log::notice("no cameras found");
    std::cout << describe(cameras);
    flush_words();
    return ExitCode::ok;
}

ExitCode run(const Options& o) {
    if (o.list_devices) return list_devices();
    if (o.sources.empty()) throw UsageError("no source given; try: capture test: | wsserve");
    const SourceKind kind = kind_of(o.sources.front());
    for (const auto& source : o.sources) {
        if (source.empty()) throw UsageError("a SOURCE is empty");
        if (o.sources.size() > 1 && kind_of(source) != SourceKind::file) {
            // CLI11 gives the flag no number but after '='.
            const bool times = o.loop == kForEver && source.find_first_not_of("0123456789") == std::string::npos;
            if (times)
                throw UsageError(fmt::format("{} cannot be joined with files; to play them {} times: --loop={}", source, source, source));
            throw UsageError(fmt::format("{} cannot be joined with other sources: only files can", shown_address(source)));
        }
    }
    check_options(o, kind);
    refuse_terminal_output("capture test: | wsserve");
    FrameWriter out(STDOUT_FILENO, "capture");
    switch (kind) {
        case SourceKind::pattern:
            return run_pattern(o, out);
        case SourceKind::input:
            return run_input(o, out);
        case SourceKind::camera:
            return run_camera(o, out);
        case SourceKind::http:
            return run_http(o, out);
        case SourceKind::network:
            return run_network(o, out);
        case SourceKind::file:
            break;
    }
    return run_files(o, out);
}

}  // namespace

const CommandSpec commands::capture{"capture", "Pictures from cameras, files and networks, as a stream of frames", [](CLI::App& app) {
                                        auto options = std::make_shared<Options>();
                                        declare(app, *options);
                                        return [options] { return run(*options); };
                                    }};

}  // namespace framepipe
