// render-slice: slices of a volume as pictures.
// One slice by its index, all of them in a row, or one for each request: a line or text frame with an index or JSON.
// Ends 0 when the slices or the input end, the reader goes away or an endless loop is told to stop; 1 if the volume
// cannot be read or something was left out.
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "cli/left_out.hpp"
#include "cli/log.hpp"
#include "cli/signals.hpp"
#include "frame/error.hpp"
#include "frame/writer.hpp"
#include "options.hpp"
#include "source/play.hpp"
#include "volume/slice_frames.hpp"

namespace framepipe::render_slice {
namespace {

/// Set by wsserve for pipelines that answer requests.
constexpr const char* kAnswersVariable = "FRAMEPIPE_RESPOND";

/// All slices, some times over.
class AllSlices : public Source {
public:
    /// loops  0: for ever
    AllSlices(SliceFrames& slices, std::uint64_t loops) : slices_(slices), count_(slices.slices()), loops_(loops) {}

    std::optional<Frame> next() override {
        if (index_ == count_) {
            if (++passes_ == loops_) return std::nullopt;
            index_ = 0;
        }
        SliceRequest request;
        request.index = index_++;
        Frame frame = slices_.slice(Header("image/x-raw"), request);
        slices_.rest();
        return frame;
    }

private:
    SliceFrames& slices_;
    const std::int64_t count_;
    const std::uint64_t loops_;
    std::uint64_t passes_ = 0;
    std::int64_t index_ = 0;
};

std::optional<std::string> stream_of(const Options& o) {
    return o.common.stream_given ? std::optional(o.common.stream) : std::nullopt;
}

/// The header of a frame that no request brings.
Header new_header(const Options& o) {
    Header header("application/json");
    header.set("time_us", now_us());
    if (o.common.stream_given) header.set("stream", o.common.stream);
    return header;
}

ExitCode write_one(Frame frame, FrameWriter& out) {
    frame.header.set("seq", std::int64_t{0});
    static_cast<void>(out.write(frame));
    return ExitCode::ok;
}

ExitCode run_all(const Options& o, SliceFrames& slices, FrameWriter& out) {
    // What has no end is ended by a signal as a live source is; else the signal's own action is right.
    std::stop_source stop;
    std::optional<StopSignals> signals;
    if (o.played.loops() == 0) signals.emplace([&](int) { stop.request_stop(); }, true);
    AllSlices all(slices, o.played.loops());
    play(all, out, {o.played.fps, o.played.default_fps(), o.played.count, stream_of(o)}, stop.get_token());
    return ExitCode::ok;
}

ExitCode run_requests(const Options& o, SliceFrames& slices, const LeftOut& left_out, FrameWriter& out) {
    const char* const answers = std::getenv(kAnswersVariable);
    if (answers != nullptr && *answers != '\0') {
        Frame description = slices.description(new_header(o));
        description.header.set("describes", true);
        if (!out.write(description)) return ExitCode::ok;
    }
    InputOptions input = input_options(o.common, &out);
    input.lines = true;
    const auto in = open_input(STDIN_FILENO, std::move(input));
    while (std::optional<Frame> frame = in->next()) {
        if (o.common.stream_given) frame->header.set("stream", o.common.stream);
        const std::optional<Frame> answer = slices(std::move(*frame));
        if (answer && !out.write(*answer)) break;
        slices.rest();
    }
    return left_out.finish("requests");
}

/// Options that the volume cannot satisfy are wrong usage, too.
template <typename Work>
auto as_usage(Work work) {
    try {
        return work();
    } catch (const SystemError&) {
        throw;
    } catch (const Error& error) {
        throw UsageError(error.what());
    }
}

ExitCode run(Options& o) {
    settle(o);
    refuse_terminal_output("render-slice volume.npy --all --fps 20 | wsserve");
    OpenVolumeOptions opening;
    opening.raw = o.raw;
    opening.warn = [](const std::string& words) { log::warn(words); };
    Volume volume = open_volume(o.volume, opening);
    LeftOut left_out(o.strict);
    const auto bad = [&](const std::string& why) { left_out(why); };
    SliceFrames slices = as_usage([&] { return SliceFrames(std::move(volume), o.slice, bad); });
    if (!slices.finite()) log::warn(o.volume + ": voxels that are NaN or infinite are shown as what lies below the range, or above it");
    FrameWriter out(STDOUT_FILENO, "render-slice");
    if (o.describe) return write_one(slices.description(new_header(o)), out);
    if (o.all) return run_all(o, slices, out);
    if (!o.index) return run_requests(o, slices, left_out, out);
    SliceRequest request;
    request.index = o.index;
    return write_one(as_usage([&] { return slices.slice(new_header(o), request); }), out);
}

}  // namespace
}  // namespace framepipe::render_slice

const framepipe::CommandSpec framepipe::commands::render_slice{"render-slice", "Slices of volumes as pictures",
                                                               [](CLI::App& app) -> std::function<framepipe::ExitCode()> {
                                                                   auto options = std::make_shared<framepipe::render_slice::Options>();
                                                                   framepipe::render_slice::declare(app, *options);
                                                                   return [options] { return framepipe::render_slice::run(*options); };
                                                               }};
