// capture: pictures from cameras, files and networks, as a stream of frames.
// Live sources keep the newest picture when the reader is slow; recorded ones wait and drop nothing.
// Ends 0 when the source ends, the reader goes away or a live source is told to stop; 1 if the
// source fails or a picture had to be left out.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>
#include <utility>

#include "broker/subscription.hpp"
#include "cli/left_out.hpp"
#include "cli/log.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "cli/token.hpp"
#include "frame/error.hpp"
#include "options.hpp"
#include "source/broker_source.hpp"
#include "source/camera.hpp"
#include "source/expand.hpp"
#include "source/finished_pictures.hpp"
#include "source/http_stream.hpp"
#include "source/live_loop.hpp"
#include "source/network.hpp"
#include "source/pattern_source.hpp"
#include "source/play.hpp"
#include "source/sequence.hpp"
#include "source/source_kind.hpp"
#include "source/v4l2_devices.hpp"
#include "source/websocket_source.hpp"

namespace framepipe {

namespace {

using namespace framepipe::capture;

Say say() {
    return {[](const std::string& words) { log::warn(words); }, [](const std::string& words) { log::notice(words); },
            [](const std::string& words) { log::verbose(words); }};
}

void say_drops(std::uint64_t drops) {
    if (drops > 0) log::verbose(fmt::format("{} frames dropped: the reader was slower", drops));
}

ExitCode run_pattern(const Options& o, FrameWriter& out) {
    const Extent extent = o.size.value_or(Extent{640, 480});
    const PixelFormat format = pixel_format(o.pixel_format).value_or(PixelFormat::rgb24);
    if (const std::uint64_t size = picture_size(format, extent); size > o.common.max_frame) {
        throw UsageError(fmt::format("a picture of {}x{} in {} has {} bytes, over the limit of {} (--max-frame)", extent.width,
                                     extent.height, name_of(format), size, o.common.max_frame));
    }
    std::stop_source stop;
    const StopSignals signals([&](int) { stop.request_stop(); }, true);
    if (o.played.fps == 0) {
        PatternSource source(extent, format);
        play(source, out, {.fps = 0.0, .count = o.played.count, .stream = o.stream()}, stop.get_token());
    } else {
        say_drops(
            run_live_pattern(Pattern(extent, format), out, {o.played.fps.value_or(30), o.played.count, o.stream()}, stop.get_token()));
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
    const std::uint64_t loops = o.played.loops();
    if (loops == 0) signals.emplace([&](int) { stop.request_stop(); }, true);
    Sequence sequence(std::move(files), {loops, o.strict, o.common.max_frame, &out}, say());
    Watched watched(sequence, o.played.count);
    play(watched, out, {o.played.fps, o.played.default_fps(), o.played.count, o.stream(), o.speed.value_or(1)}, stop.get_token());
    return sequence.left_out() > 0 ? ExitCode::failed : ExitCode::ok;
}

ExitCode run_device(const Options& o, FrameWriter& out, const std::string& name, const std::function<std::unique_ptr<Source>()>& open,
                    std::stop_source stop = {}) {
    const StopSignals signals([&](int) { stop.request_stop(); }, true);
    const LiveOptions options{name, o.idle_close, !o.no_retry, o.played.count, o.stream()};
    say_drops(run_live(open, out, options, say(), stop.get_token()).dropped);
    return ExitCode::ok;
}

ExitCode run_watch(const Options& o, FrameWriter& out) {
    const std::string name = o.sources.size() == 1 ? o.sources.front() : fmt::format("{} files", o.sources.size());
    bool said = false;
    // Opened again for a reader who was away, it gives what is there then, and need not say again what is not.
    return run_device(o, out, name, [&] {
        Say words = say();
        if (std::exchange(said, true)) words.notice = {};
        return watch_files(o.sources, o.common.max_frame, words);
    });
}

/// The files that are there and those that come, until it is told to stop.
class Followed : public Source {
public:
    Followed(WaitingSource& source, std::function<bool()> over) : source_(source), over_(std::move(over)) {}
    std::optional<Frame> next() override { return source_.next_unless(over_); }

private:
    WaitingSource& source_;
    std::function<bool()> over_;
};

ExitCode run_follow(const Options& o, FrameWriter& out) {
    std::stop_source stop;
    const StopSignals signals([&](int) { stop.request_stop(); }, true);
    const auto pictures = follow_files(o.sources.front(), o.common.max_frame, say());
    Followed followed(*pictures, [&] { return stop.stop_requested() || out.reader_left(); });
    play(followed, out, {.fps = o.played.fps, .count = o.played.count, .stream = o.stream()}, stop.get_token());
    return pictures->left_out() > 0 ? ExitCode::failed : ExitCode::ok;
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
    play(source, out, {.fps = o.played.fps.value_or(0), .count = o.played.count, .stream = o.stream()}, {});
    return ExitCode::ok;
}

ExitCode run_camera(const Options& o, FrameWriter& out) {
    CameraOptions camera{camera_device(o.sources.front()), o.camera_pictures(), o.size, o.played.fps};
    bool said = false;
    return run_device(o, out, camera.device, [&] { return open_camera(camera, say(), !std::exchange(said, true)); });
}

/// Plays what has an end; runs as a device what has none. `first` is open already.
ExitCode run_video(const Options& o, FrameWriter& out, std::unique_ptr<Source> first, bool live,
                   const std::function<std::unique_ptr<Source>()>& open) {
    if (live) return run_device(o, out, shown_address(o.sources.front()), [&] { return first ? std::move(first) : open(); });
    play(*first, out, {.fps = o.played.fps, .count = o.played.count, .stream = o.stream()}, {});
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
    const HttpOptions options{.max_frame = o.common.max_frame, .token = read_token(o.token_file)};
    auto stream = std::make_unique<HttpStream>(url, options);
    if (stream->type().starts_with("image/")) return run_video(o, out, std::move(stream), false, {});
    if (!stream->type().starts_with("multipart/")) {
        stream.reset();
        return run_network(o, out);
    }
    const auto cared = [&](std::unique_ptr<Source> inner) {
        return std::make_unique<JpegCare>(std::move(inner), shown_address(url), say());
    };
    return run_video(o, out, cared(std::move(stream)), true, [&] { return cared(std::make_unique<HttpStream>(url, options)); });
}

ExitCode run_websocket(const Options& o, FrameWriter& out) {
    const HttpUrl url = HttpUrl::parse(o.sources.front(), {"ws", "wss"});
    const WebSocketSourceOptions options{.token = read_token(o.token_file), .max_frame = o.common.max_frame};
    std::stop_source stop;
    return run_device(
        o, out, url.shown(), [&] { return std::make_unique<WebSocketSource>(url, options, stop.get_token()); }, stop);
}

ExitCode run_broker(const Options& o, FrameWriter& out) {
    const auto address = broker::Address::parse(o.sources.front());
    LeftOut left_out(false);
    broker::Streams streams({address, broker::place_to_take(address), o.broker.login(address), o.common.max_frame,
                             [&](const std::string& why) { left_out(address.shown() + ": " + why); }, say().notice});
    std::stop_source stop;
    run_device(
        o, out, address.shown(), [&] { return std::make_unique<BrokerSource>(streams, stop.get_token()); }, stop);
    return left_out.finish("messages");
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
    const SourceKind kind = kind_of_sources(o);
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
        case SourceKind::websocket:
            return run_websocket(o, out);
        case SourceKind::broker:
            return run_broker(o, out);
        case SourceKind::network:
            return run_network(o, out);
        case SourceKind::file:
            break;
    }
    return o.watch ? run_watch(o, out) : o.follow ? run_follow(o, out) : run_files(o, out);
}

}  // namespace

const CommandSpec commands::capture{"capture", "Pictures from cameras, files and networks, as a stream of frames", [](CLI::App& app) {
                                        auto options = std::make_shared<Options>();
                                        declare(app, *options);
                                        return [options] { return run(*options); };
                                    }};

}  // namespace framepipe
