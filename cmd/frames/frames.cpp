// frames: shows what is in a stream, one JSON line a frame, or copies it and shows its rates.
// Ends 0 at end of input, after --count frames, or when the next program in the pipe goes away;
// 1 if a frame was not what its header says.
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "cli/log.hpp"
#include "command.hpp"
#include "frame/error.hpp"
#include "frame/splice_copy.hpp"
#include "frame/writer.hpp"
#include "frames/check.hpp"
#include "frames/meter.hpp"

namespace framepipe::frames {
namespace {

struct Options {  // frames [--pass | --bare] [-n N]
    CommonOptions common;
    bool pass = false;
    bool bare = false;
    std::uint64_t count = 0;  // 0: all
};

void declare(CLI::App& app, Options& o) {
    app.description("Show what is in a stream of frames, one JSON line a frame");
    CLI::Option* pass = app.add_flag("--pass", o.pass, "copy the stream to stdout as frames, and show rates on a terminal");
    app.add_flag("--bare", o.bare, "write the payloads alone")->excludes(pass);
    app.add_option("-n,--count", o.count, "end after this many frames (default: all)")->check(whole_number(1))->type_name("N");
    declare_common(app, o.common, Role::filter);
}

/// The header as it came, and the payload's size, on one line.
std::string json_line(const Frame& frame) {
    Header header = frame.header;
    header.set("bytes", static_cast<std::int64_t>(frame.payload.size()));
    std::string line = header.text() + '\n';
    // Line ends are white space in JSON: they never stand inside a string.
    std::replace_if(
        line.begin(), line.end() - 1, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return line;
}

/// What was seen of the stream.
struct Tally {
    std::uint64_t number = 0;
    std::uint64_t bad = 0;

    /// Counts a frame that `look` throws an Error about as bad, and says so, once for each reason.
    bool is_good(const std::function<void()>& look) {
        const std::uint64_t current = number++;
        try {
            look();
            return true;
        } catch (const Error& error) {
            log::warn_once(error.what(), "frame " + std::to_string(current) + " on stdin: " + error.what());
            ++bad;
            return false;
        }
    }
};

/// Recorded pixels go from pipe to pipe. returns  false if the work is done
bool pass_pixels(const Options& o, SpliceCopy& copy, Meter& meter, Tally& tally) {
    while (o.count == 0 || tally.number < o.count) {
        auto head = copy.next();
        if (!head) return true;
        if (o.common.stream_given) head->header.set("stream", o.common.stream);
        meter.count(head->header, head->payload_size);
        if (!tally.is_good([&] { check_pixels(head->header, head->payload_size); })) {
            copy.leave_out();
        } else if (!copy.pass(head->header)) {
            return false;
        }
    }
    return false;
}

void each_frame(const Options& o, FrameInput& in, FrameWriter& out, Meter& meter, Tally& tally) {
    while (o.count == 0 || tally.number < o.count) {
        std::optional<Frame> frame = in.next();
        if (!frame) break;
        if (o.common.stream_given) frame->header.set("stream", o.common.stream);
        meter.count(frame->header, frame->payload.size());
        const bool good = tally.is_good([&] { check(*frame); });
        if (!good && (o.pass || o.bare)) continue;
        const bool written = o.pass   ? out.write(*frame)
                             : o.bare ? out.write_bare(frame->payload)
                                      : out.write_bare(as_bytes(json_line(*frame)));
        if (!written) break;
    }
    if (in.skipped() > 0) log::verbose(std::to_string(in.skipped()) + " frames skipped for newer ones");
}

ExitCode run(const Options& o) {
    const bool copy = o.pass || o.bare;
    if (copy) refuse_terminal_output(o.pass ? "frames --pass | wsserve" : "frames --bare > FILE");
    FrameWriter out(STDOUT_FILENO, "frames");
    InputOptions input = input_options(o.common, &out);
    input.stamp = copy;
    Meter meter(o.pass && !o.common.quiet && ::isatty(STDERR_FILENO) == 1);
    Tally tally;
    if (!o.pass) {
        each_frame(o, *open_input(STDIN_FILENO, input), out, meter, tally);
    } else {
        SpliceCopy pixels(STDIN_FILENO, STDOUT_FILENO, out, "frames", input);
        if (pass_pixels(o, pixels, meter, tally)) each_frame(o, *pixels.rest(), out, meter, tally);
    }
    log::verbose(meter.summary());
    if (tally.bad == 0) return ExitCode::ok;
    log::warn(std::to_string(tally.bad) + " of " + std::to_string(tally.number) + " frames are not what their headers say" +
              (copy ? "; left out" : ""));
    return ExitCode::failed;
}

}  // namespace
}  // namespace framepipe::frames

const framepipe::CommandSpec framepipe::commands::frames{"frames", "Show what is in a stream of frames, one JSON line a frame",
                                                         [](CLI::App& app) -> std::function<ExitCode()> {
                                                             auto options = std::make_shared<framepipe::frames::Options>();
                                                             framepipe::frames::declare(app, *options);
                                                             return [options] { return framepipe::frames::run(*options); };
                                                         }};
