#include "options.hpp"

#include <fmt/format.h>

#include <map>

#include "cli/units.hpp"
#include "frame/error.hpp"
#include "net/url.hpp"

namespace framepipe::capture {

namespace {

const std::map<std::string, CameraPictures> kCameraFormats{
    {"auto", CameraPictures::automatic}, {"mjpeg", CameraPictures::mjpeg}, {"raw", CameraPictures::raw}};

std::vector<std::string> pixel_format_names() {
    std::vector<std::string> names;
    for (const auto format : all_pixel_formats()) names.emplace_back(name_of(format));
    return names;
}

}  // namespace

CameraPictures Options::camera_pictures() const {
    return camera_format.empty() ? CameraPictures::automatic : kCameraFormats.at(camera_format);
}

void declare(CLI::App& app, Options& o) {
    declare_common(app, o.common, Role::source);
    app.add_option(
        "SOURCE", o.sources,
        "camera (/dev/video0, 0), files, directories, 'a%d.png', '*.png', videos, rtsp://, http://, ws://, mqtt://, - (stdin), test:");
    app.add_option_function<std::string>(
           "-s,--size",
           [&o](const std::string& text) {
               const auto size = parse_size(text);
               o.size = Extent{size.width, size.height};
           },
           "size to ask of a camera; size of test: (default: 640x480)")
        ->type_name("WxH");
    declare_played(app, o.played, "files");
    app.add_option("--speed", o.speed, "play recordings and videos N times as fast (default: 1)")
        ->check([](const std::string& text) {
            const auto wrong = wrong_number(text, 1000, false);
            return wrong.empty() && std::stod(text) == 0 ? "'" + text + "' is no speed" : wrong;
        })
        ->type_name("N");
    const auto watch = app.add_flag("--watch", o.watch, "send each file again whenever it is replaced, or closed after writing");
    app.add_flag("--follow", o.follow, "go on with the files that a directory, pattern or glob gets later")->excludes(watch);
    app.add_flag("--strict", o.strict, "end at a bad picture instead of leaving it out");
    app.add_option("--pixel-format", o.pixel_format, "pixel format of test: (default: rgb24)")
        ->check(CLI::IsMember(pixel_format_names()))
        ->type_name("FORMAT");
    app.add_option("--camera-format", o.camera_format, "what to take of a camera: auto, mjpeg or raw (default: auto)")
        ->check(CLI::IsMember(std::vector<std::string>{"auto", "mjpeg", "raw"}))
        ->type_name("FORMAT");
    add_duration(app, "--idle-close", o.idle_close,
                 "close a camera or connection when nobody has read for so long; 0: never (default: 10s)");
    app.add_flag("--no-retry", o.no_retry, "end when a camera or stream fails, instead of waiting until it is back");
    app.add_option("--token-file", o.token_file, "send http:// and ws:// servers the token in this file (or in $FRAMEPIPE_TOKEN)")
        ->type_name("FILE");
    declare_broker(app, o.broker);
    app.add_flag("--list-devices", o.list_devices, "list the cameras with their formats, and exit");
}

SourceKind kind_of_sources(const Options& o) {
    if (o.sources.empty()) throw UsageError("no source given; try: capture test: | wsserve");
    const SourceKind kind = kind_of(o.sources.front());
    for (const auto& source : o.sources) {
        if (source.empty()) throw UsageError("a SOURCE is empty");
        if (o.sources.size() == 1 || kind_of(source) == SourceKind::file) continue;
        const bool times = loops_without_number(o.played) && source.find_first_not_of("0123456789") == std::string::npos;
        if (times)
            throw UsageError(fmt::format("{} cannot be joined with files; to play them {} times: --loop={}", source, source, source));
        throw UsageError(fmt::format("{} cannot be joined with other sources: only files can", shown_address(source)));
    }
    return kind;
}

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
    only_for(o.watch, files, "--watch", "files");
    only_for(o.follow, files, "--follow", "directories, patterns and globs");
    only_for(o.speed.has_value(), files, "--speed", "recordings and videos");
    if (o.speed && o.played.fps) throw UsageError("--speed cannot be used with --fps");
    const char* const way = o.watch ? "--watch" : o.follow ? "--follow" : nullptr;
    const auto not_with = [&](bool given, const char* option) {
        if (given && way) throw UsageError(fmt::format("{} cannot be used with {}", option, way));
    };
    not_with(o.played.looped(), "--loop");
    not_with(o.strict, "--strict");
    not_with(o.speed.has_value(), "--speed");
    not_with(o.watch && o.played.fps.has_value(), "--fps");
    if (o.follow && o.sources.size() > 1) throw UsageError("--follow takes one directory, pattern or glob; a glob must be quoted");
    only_for(o.played.looped(), files, "--loop", "files");
    only_for(!o.token_file.empty(), kind == SourceKind::http || kind == SourceKind::websocket, "--token-file", "http:// and ws://");
    const std::string of_broker = o.broker.given();
    only_for(!of_broker.empty(), kind == SourceKind::broker, of_broker.c_str(), "mqtt:// and mqtts://");
    only_for(o.strict, files, "--strict", "files");
    only_for(o.played.fps.has_value(), camera || pattern || files || kind == SourceKind::input, "--fps", "cameras, files and test:");
    only_for(camera && o.played.fps == 0, false, "--fps 0", "files and test:");
}

}  // namespace framepipe::capture
