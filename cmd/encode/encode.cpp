// encode: the pictures of a stream as JPEG, PNG, WebP or pixels.
// One frame out for each frame in, same order, all other keys of the header kept.
// Ends 0 at end of input, or when the next program in the pipe goes away.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "cli/log.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "codec/recode_stream.hpp"
#include "command.hpp"
#include "frame/error.hpp"
#include "image/colour.hpp"

namespace framepipe::encode {
namespace {

struct Options {  // encode [FORMAT] [-o PATTERN] [-q N] ...
    CommonOptions common;
    std::string format;  // empty: told by the output's ending
    std::string output;  // empty: frames to stdout; "-": bare pictures to stdout
    int quality = 80;
    Subsampling subsampling = Subsampling::s420;
    Rgb matte = kWhite;
    bool lossless = false;
    int compression = 3;
    unsigned workers = 0;  // 0: one for each core
    std::int64_t start_number = 1;
    bool strict = false;
    // Which of these were given.
    CLI::Option *quality_option = nullptr, *subsampling_option = nullptr, *lossless_option = nullptr, *compression_option = nullptr,
                *start_option = nullptr, *output_option = nullptr;
};

std::string formats(const std::string& between) {
    std::string all = "jpeg" + between + "png" + between + "webp";
    for (const PixelFormat pixels : all_pixel_formats()) all += between + std::string(name_of(pixels));
    return all;
}

void declare(CLI::App& app, Options& o) {
    app.description("The pictures of a stream as JPEG, PNG, WebP or pixels");
    app.add_option("FORMAT", o.format, "jpeg, png, webp, or a pixel format such as rgba (default: the ending of --output, else jpeg)")
        ->type_name(formats("|"));
    o.output_option = app.add_option("-o,--output", o.output, "write plain files, 'out-%05d.png'; -: bare pictures to stdout");
    o.output_option->type_name("PATTERN");
    o.start_option =
        app.add_option("--start-number", o.start_number, "number of the first file (default: 1)")->check(whole_number(0))->type_name("N");
    o.quality_option = app.add_option("-q,--quality", o.quality, "of JPEG and lossy WebP, 1 to 100 (default: 80)")
                           ->check(whole_number(1, 100))
                           ->type_name("N");
    o.subsampling_option = app.add_option_function<std::string>(
        "--subsampling", [&o](const std::string& words) { o.subsampling = parse_subsampling(words); },
        "chroma of JPEG (default: that of YUV input, else 420)");
    o.subsampling_option->type_name("420|422|444|gray");
    app.add_option_function<std::string>(
           "--matte", [&o](const std::string& words) { o.matte = parse_colour(words); },
           "colour behind transparent pixels where alpha is lost (default: white)")
        ->type_name("COLOR");
    o.lossless_option = app.add_flag("--lossless", o.lossless, "of WebP: keep every pixel")->excludes(o.quality_option);
    o.compression_option = app.add_option("--compression", o.compression, "of PNG: zlib level, 0 to 9 (default: 3)")
                               ->check(whole_number(0, 9))
                               ->type_name("N");
    app.add_option("-j,--jobs", o.workers, "pictures worked on at a time (default: one for each core)")
        ->check(whole_number(1, 256))
        ->type_name("N");
    app.add_flag("--strict", o.strict, "end at the first picture that cannot be encoded");
    declare_common(app, o.common, Role::filter);
}

PictureType type_named(const std::string& format) {
    if (const auto type = picture_type(format)) return *type;
    throw UsageError("'" + format + "' is no format; known are " + formats(", "));
}

// A name without an ending (and no name at all) means JPEG.
PictureType type_of_file(const std::string& name) {
    const std::string ending = std::filesystem::path(name).extension().string();
    if (ending.empty()) return ImageType::jpeg;
    if (const auto type = picture_type(ending.substr(1))) return *type;
    throw UsageError("cannot tell a format from '" + name + "': say which, as in 'encode jpeg --output " + name + "'");
}

RecodeOptions recode_options(const Options& o) {
    RecodeOptions recode;
    recode.type = o.format.empty() ? type_of_file(o.output) : type_named(o.format);
    recode.encoding.jpeg = {o.quality, o.subsampling, o.subsampling_option->count() > 0, o.matte};
    recode.encoding.webp_lossless = o.lossless;
    recode.encoding.png_level = o.compression;
    const bool jpeg = recode.type == PictureType(ImageType::jpeg), webp = recode.type == PictureType(ImageType::webp);
    const auto asked = [&](const CLI::Option* option, bool fits, const char* what) {
        if (option->count() == 0) return;
        if (!fits) throw UsageError(option->get_name() + " is for " + what);
        recode.always = true;  // a change was asked for
    };
    asked(o.quality_option, jpeg || webp, "jpeg and webp");
    asked(o.subsampling_option, jpeg, "jpeg");
    asked(o.lossless_option, webp, "webp");
    asked(o.compression_option, recode.type == PictureType(ImageType::png), "png");
    return recode;
}

RecodeStreamOptions stream_options(const Options& o) {
    RecodeStreamOptions options;
    options.recode = recode_options(o);
    options.workers = o.workers > 0 ? o.workers : std::max(1U, std::thread::hardware_concurrency());
    options.strict = o.strict;
    if (o.common.stream_given) options.stream = o.common.stream;
    // With --latest another thread reads: what waits in the pipe says nothing.
    if (!o.common.latest) options.input_fd = STDIN_FILENO;
    return options;
}

ExitCode recode(const Options& o, RecodeStreamOptions options, FrameWriter* downstream, const FrameSink& sink) {
    std::uint64_t said = 0;
    options.downstream = downstream;
    options.bad = [&](const std::string& why, const std::string& line) {
        if (log::warn_once(why, line + "; left out")) ++said;
    };
    const auto in = open_input(STDIN_FILENO, input_options(o.common, downstream));
    const RecodeCounts counts = recode_stream(*in, options, sink);
    if (counts.bad > said) log::warn(std::to_string(counts.bad) + " of " + std::to_string(counts.frames) + " pictures were left out");
    log::verbose(std::to_string(counts.frames) + " frames: " + std::to_string(counts.made) + " encoded, " +
                 std::to_string(counts.untouched) + " untouched, " + std::to_string(counts.passed) + " no pictures, " +
                 std::to_string(counts.bad) + " left out" + (o.common.latest ? ", " + std::to_string(in->skipped()) + " skipped" : ""));
    return counts.bad == 0 ? ExitCode::ok : ExitCode::failed;
}

/// ", 37 %" if stdin is a file, whose end is known.
std::string part_read() {
    struct stat status {};
    const off_t at = ::lseek(STDIN_FILENO, 0, SEEK_CUR);
    if (at < 0 || ::fstat(STDIN_FILENO, &status) != 0 || status.st_size <= 0) return {};
    return ", " + std::to_string(std::min<off_t>(100, at * 100 / status.st_size)) + " %";
}

ExitCode run(const Options& o) {
    if (o.output_option->count() > 0 && o.output.empty()) throw UsageError("the name after --output is empty");
    const RecodeStreamOptions options = stream_options(o);
    if (o.output.empty() || o.output == "-") {
        if (o.start_option->count() > 0) throw UsageError("--start-number is for --output with files");
        refuse_terminal_output("encode jpeg | wsserve");
        FrameWriter out(STDOUT_FILENO, "encode");
        return recode(o, options, &out, o.output.empty() ? frames_to(out) : pictures_to(out));
    }
    FileOutput files(o.output, o.start_number);
    const StopSignals signals(
        [&](int signal) {
            files.abandon();
            log::clear_status();
            die_of(signal);
        },
        false);
    Progress progress;
    return recode(o, options, nullptr, [&, write = pictures_to(files)](const Recoded& recoded) {
        // A live stream has no end that could come nearer.
        if (!recoded.frame.header.live())
            progress.show([&] { return "encode: file " + std::to_string(files.written() + 1) + part_read(); });
        return write(recoded);
    });
}

}  // namespace
}  // namespace framepipe::encode

const framepipe::CommandSpec framepipe::commands::encode{"encode", "The pictures of a stream as JPEG, PNG, WebP or pixels",
                                                         [](CLI::App& app) -> std::function<ExitCode()> {
                                                             auto options = std::make_shared<framepipe::encode::Options>();
                                                             framepipe::encode::declare(app, *options);
                                                             return [options] { return framepipe::encode::run(*options); };
                                                         }};
