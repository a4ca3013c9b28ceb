// render-text: text as pictures, or over the pictures of a stream.
// Arguments give a picture each, a clock or a file a live stream; else a picture for each line or text frame.
// With --overlay one frame out for each frame in, same order, all other keys kept.
// Ends 0 when the text or the input ends, the reader goes away or a live one is told to stop; 1 if
// something could not be drawn.
#include <unistd.h>

#include <clocale>
#include <utility>

#include "cli/left_out.hpp"
#include "cli/log.hpp"
#include "cli/signals.hpp"
#include "codec/codec.hpp"
#include "frame/error.hpp"
#include "frame/error_frame.hpp"
#include "frame/writer.hpp"
#include "options.hpp"
#include "text/renderer.hpp"
#include "text/text_frames.hpp"
#include "text/text_template.hpp"
#include "text/ticks.hpp"
#include "text/watched_file.hpp"

namespace framepipe::render_text {
namespace {

constexpr int kOverlayQuality = 92;
/// How often a file is looked at that gives a picture a change.
constexpr double kLooksPerSecond = 20;

void say_missing(const std::string& key, const std::string& line) {
    log::warn_once(key, line);
}

/// The text that a frame gets.
class TextOf {
public:
    TextOf(const Options& o, TextSource source) : source_(source), clock_(o.clock) {
        if (source == TextSource::arguments) template_ = TextTemplate(o.texts.front());
        if (source == TextSource::file) file_.emplace(o.text_file, o.max_text);
    }

    /// True if a file's text is another than last time.
    bool changed() {
        if (!file_) return false;
        auto contents = file_->changed();
        if (!contents) return false;
        if (contents->ends_with('\n')) contents->pop_back();
        // A file may be anything: what is no place in it is text.
        template_ = TextTemplate(*contents, TextTemplate::Unknown::keep);
        return true;
    }

    std::string operator()(const Header& frame, std::int64_t time_us) {
        if (source_ == TextSource::clock) return format_time(clock_, time_us);
        return template_.expand(frame, template_.wants_fps() ? rate_(frame) : 0);
    }

private:
    TextSource source_;
    std::string clock_;
    TextTemplate template_;
    std::optional<WatchedFile> file_;
    RateMeter rate_;
};

/// The header of a picture that begins here.
Header new_header(const Options& o, std::int64_t seq, std::int64_t time_us) {
    Header header("image/x-raw");
    header.set("seq", seq);
    header.set("time_us", time_us);
    if (o.common.stream_given) header.set("stream", o.common.stream);
    if (o.style.size) {
        header.set("width", static_cast<std::int64_t>(o.style.size->width));
        header.set("height", static_cast<std::int64_t>(o.style.size->height));
    }
    return header;
}

Frame drawn(TextRenderer& renderer, const Options& o, Header header, const std::string& text) {
    check_text(text, o.max_text);
    TextPicture picture = renderer.draw(text);
    return picture_frame(std::move(header), std::move(picture));
}

ExitCode run_arguments(const Options& o, FrameWriter& out) {
    std::vector<TextTemplate> templates;
    for (const std::string& text : o.texts) templates.emplace_back(text);
    TextRenderer renderer(o.style, say_missing);
    LeftOut left_out(o.strict);
    std::int64_t seq = 0;
    for (const TextTemplate& words : templates) {
        Header header = new_header(o, seq++, now_us());
        try {
            const std::string text = words.expand(header, 0);
            if (!out.write(drawn(renderer, o, std::move(header), text))) break;
        } catch (const SystemError&) {
            throw;
        } catch (const Error& error) {
            left_out(error.what());
        }
    }
    return left_out.finish("texts");
}

ExitCode run_live(const Options& o, TextSource source, FrameWriter& out) {
    std::stop_source stop;
    const StopSignals signals([&](int) { stop.request_stop(); }, true);
    TextRenderer renderer(o.style, say_missing);
    LeftOut left_out(o.strict);
    TextOf text_of(o, source);
    const bool on_change = source == TextSource::file && !o.fps;
    std::int64_t changes = 0;
    const auto make = [&](std::int64_t time_us, std::int64_t tick) -> std::optional<Frame> {
        const bool changed = text_of.changed();
        if (on_change && !changed) return {};
        Header header = new_header(o, on_change ? changes++ : tick, on_change ? now_us() : time_us);
        const std::string text = text_of(header, time_us);
        try {
            return drawn(renderer, o, std::move(header), text);
        } catch (const Error& error) {
            left_out(error.what());
            return {};
        }
    };
    run_ticks(out, {on_change ? kLooksPerSecond : o.fps.value_or(1), o.count}, stop.get_token(), make);
    return left_out.finish("texts");
}

ExitCode run_filter(const Options& o, FrameWriter& out) {
    TextRenderer renderer(o.style, say_missing);
    LeftOut left_out(o.strict);
    TextFrames draw(renderer, o.max_text, [&](const std::string& why) { left_out(why); });
    InputOptions input = input_options(o.common, &out);
    input.lines = true;
    const auto in = open_input(STDIN_FILENO, std::move(input));
    while (std::optional<Frame> frame = in->next()) {
        if (o.common.stream_given) frame->header.set("stream", o.common.stream);
        const std::optional<Frame> picture = draw(std::move(*frame));
        if (picture && !out.write(*picture)) break;
    }
    return left_out.finish("texts");
}

ExitCode run_overlay(const Options& o, TextSource source, FrameWriter& out) {
    if (::isatty(STDIN_FILENO) == 1) throw UsageError("stdin is a terminal; pipe pictures into render-text --overlay");
    TextRenderer renderer(o.style, say_missing);
    LeftOut left_out(o.strict);
    TextOf text_of(o, source);
    text_of.changed();  // a file that is not there is said at the start
    Overlay overlay(renderer, overlay_place(o), o.quality.value_or(kOverlayQuality));
    const auto in = open_input(STDIN_FILENO, input_options(o.common, &out));
    while (std::optional<Frame> frame = in->next()) {
        if (o.common.stream_given) frame->header.set("stream", o.common.stream);
        const bool picture = frame->header.is_raw() || image_type(frame->header.type());
        if (picture && !frame->header.end()) {
            const Header header = frame->header;
            try {
                text_of.changed();
                const std::string text = text_of(header, now_us());
                check_text(text, o.max_text);
                *frame = overlay.draw(std::move(*frame), text);
            } catch (const Error& error) {
                if (!header.raw("request")) {
                    left_out(error.what());
                    continue;
                }
                *frame = error_frame(header, error.what());
            }
        }
        if (!out.write(*frame)) break;
    }
    return left_out.finish("pictures");
}

ExitCode run(Options& o) {
    const TextSource source = settle(o);
    refuse_terminal_output("render-text 'Hello' | wsserve");
    // Names of days and months, and the language of the text.
    std::setlocale(LC_TIME, "");
    std::setlocale(LC_CTYPE, "");
    FrameWriter out(STDOUT_FILENO, "render-text");
    if (o.overlay) return run_overlay(o, source, out);
    switch (source) {
        case TextSource::arguments:
            return run_arguments(o, out);
        case TextSource::input:
            return run_filter(o, out);
        default:
            return run_live(o, source, out);
    }
}

}  // namespace
}  // namespace framepipe::render_text

const framepipe::CommandSpec framepipe::commands::render_text{"render-text", "Text as pictures, or over pictures",
                                                              [](CLI::App& app) -> std::function<framepipe::ExitCode()> {
                                                                  auto options = std::make_shared<framepipe::render_text::Options>();
                                                                  framepipe::render_text::declare(app, *options);
                                                                  return [options] { return framepipe::render_text::run(*options); };
                                                              }};
