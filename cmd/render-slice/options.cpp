#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "cli/units.hpp"
#include "frame/error.hpp"

namespace framepipe::render_slice {
namespace {

/// What `parse` of the library refuses is wrong usage here.
template <typename Parse>
auto as_usage(const char* option, Parse parse) {
    try {
        return parse();
    } catch (const Error& error) {
        throw UsageError(fmt::format("{}: {}", option, error.what()));
    }
}

void add_number(CLI::App& app, const char* name, std::optional<double>& value, bool over_zero, const char* help) {
    app.add_option_function<std::string>(
           name,
           [&value, name, over_zero](const std::string& text) {
               double number = 0;
               const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
               if (failed != std::errc() || end != text.data() + text.size() || !std::isfinite(number) || (over_zero && number <= 0))
                   throw UsageError(fmt::format("{}: '{}' is not a number{}", name, text, over_zero ? " over 0" : ""));
               value = number;
           },
           help)
        ->type_name("N");
}

/// "100,512,512"
std::vector<std::int64_t> parse_shape(std::string_view text) {
    std::vector<std::int64_t> shape;
    for (std::string_view rest = text;;) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        std::int64_t size = 0;
        const auto [end, failed] = std::from_chars(rest.data(), rest.data() + comma, size);
        if (failed != std::errc() || end != rest.data() + comma || size < 1)
            throw UsageError(fmt::format("--shape {}: wanted are the sizes of 3 axes, or of 4 with 3 or 4 channels: 100,512,512", text));
        shape.push_back(size);
        if (comma == rest.size()) return shape;
        rest.remove_prefix(comma + 1);
    }
}

/// "uint16", or NumPy's code with its byte order: ">u2".
void parse_dtype(std::string_view text, RawLayout& raw) {
    std::string_view rest = text;
    if (rest.starts_with('<') || rest.starts_with('>') || rest.starts_with('=') || rest.starts_with('|')) {
        raw.big_endian = rest.front() == '>';
        rest.remove_prefix(1);
    }
    auto type = voxel_type(rest);
    if (!type && rest.size() == 2 && rest[1] >= '1' && rest[1] <= '8') {
        const char* kind = rest[0] == 'u' ? "uint" : rest[0] == 'i' ? "int" : rest[0] == 'f' ? "float" : "";
        type = voxel_type(fmt::format("{}{}", kind, 8 * (rest[1] - '0')));
    }
    if (!type)
        throw UsageError(
            fmt::format("--dtype {}: wanted is uint8, int8, uint16, int16, uint32, int32, uint64, int64, float16, "
                        "float32, float64, or NumPy's code of one: '>u2'",
                        text));
    raw.type = *type;
}

void declare_look(CLI::App& app, Options& o) {
    SliceRequest& request = o.slice.request;
    app.add_option("-a,--axis", request.axis, "the axis to page through: 0, 1, 2, axial, coronal or sagittal")->type_name("AXIS");
    app.add_flag("--neurological", o.neurological, "the patient's left on the left of axial and coronal pictures");
    add_number(app, "--window", request.window, true, "how many values there are from black to white");
    add_number(app, "--level", request.level, false, "the value in the middle between black and white");
    app.add_option_function<std::string>(
           "--range", [&request](const std::string& text) { request.range = as_usage("--range", [&] { return parse_range(text); }); },
           "the values that are black and white: MIN:MAX, auto (the file's own, else 2nd to 98th percentile) or full (default: auto)")
        ->type_name("RANGE");
    app.add_option("--colormap", o.colormap,
                   "gray, viridis, inferno, magma, plasma, cividis, turbo, bone, hot, or a file of colours (default: gray)")
        ->type_name("NAME|FILE");
    app.add_flag_function(
        "--invert", [&request](std::int64_t) { request.invert = true; }, "white is black, and black white");
    app.add_option_function<std::string>(
           "-s,--size", [&request](const std::string& text) { request.size = as_usage("--size", [&] { return parse_slice_size(text); }); },
           "scale the picture to fit into this, at most 4096 a side")
        ->type_name("WxH");
    app.add_option_function<std::string>(
           "--aspect",
           [&o](const std::string& word) {
               if (word != "true" && word != "square") throw UsageError(fmt::format("--aspect {}: it is one of true, square", word));
               o.square = word == "square";
           },
           "true: as in space, by the voxels' spacing; square: a pixel for each voxel (default: true)")
        ->type_name("true|square");
    app.add_option_function<std::string>(
           "--depth",
           [&o](const std::string& bits) {
               if (bits != "8" && bits != "16") throw UsageError(fmt::format("--depth {}: it is one of 8, 16", bits));
               o.slice.deep = bits == "16";
           },
           "bits of a sample: 8, or 16 for gray16le and rgb48le (default: 8)")
        ->type_name("8|16");
}

void declare_raw(CLI::App& app, Options& o) {
    app.add_option("--shape", o.shape, "the file is raw voxels: sizes of its axes, the last one lies closest: 100,512,512")
        ->type_name("N,N,N");
    app.add_option("--dtype", o.dtype, "type of raw voxels: uint16, float32, or NumPy's '>u2' (default: uint8)")->type_name("TYPE");
    app.add_option_function<std::string>(
           "--offset", [&o](const std::string& text) { o.offset = parse_bytes(text); }, "bytes before the first raw voxel (default: 0)")
        ->type_name("SIZE");
}

}  // namespace

void declare(CLI::App& app, Options& o) {
    app.description("Slices of volumes as pictures");
    app.add_option("VOLUME", o.volume, "a file: .npy, NIfTI, NRRD, TIFF, DICOM, raw with --shape; or a folder of images or of DICOM");
    app.add_option("-i,--index", o.index, "one slice, from 0; without it and --all, each line or text frame on stdin asks for one")
        ->type_name("N");
    app.add_flag("--all", o.all, "all slices, from first to last");
    declare_played(app, o.played, "all slices");
    app.add_flag("--describe", o.describe, "a frame of JSON that says what the volume is");
    declare_look(app, o);
    declare_raw(app, o);
    app.add_flag("--strict", o.strict, "end at the first request that cannot be done");
    declare_common(app, o.common, Role::filter);
}

void settle(Options& o) {
    const auto only_with = [](bool given, bool fits, const char* option, const char* what) {
        if (given && !fits) throw UsageError(fmt::format("{} is for {}", option, what));
    };
    SliceRequest& request = o.slice.request;
    if (o.volume.empty()) throw UsageError("no volume given; try: render-slice volume.npy --all --fps 20 | wsserve");
    if (o.index.has_value() + o.all + o.describe > 1) throw UsageError("--index, --all and --describe: one of them at a time");
    only_with(o.played.fps.has_value(), o.all, "--fps", "--all");
    only_with(o.played.count.has_value(), o.all, "--count", "--all");
    only_with(o.played.looped(), o.all, "--loop", "--all");
    only_with(o.common.latest, !o.index && !o.all && !o.describe, "--latest", "requests on stdin");
    if (request.range && (request.window || request.level))
        throw UsageError("--range, or --window and --level: one of them says what is black and white");
    o.slice.proportions = !o.square;
    o.slice.convention = o.neurological ? Convention::neurological : Convention::radiological;
    if (!o.colormap.empty()) {
        const auto names = colormap_names();
        const bool named = std::find(names.begin(), names.end(), o.colormap) != names.end();
        // A word without a dot or a slash is a name, and a wrong one is told what there is.
        const bool file = o.colormap.find_first_of("./") != std::string::npos;
        o.slice.colormap =
            as_usage("--colormap", [&] { return named || !file ? Colormap::named(o.colormap) : Colormap::from_file(o.colormap); });
    }
    only_with(!o.dtype.empty(), !o.shape.empty(), "--dtype", "raw voxels: --shape says what they are");
    only_with(o.offset.has_value(), !o.shape.empty(), "--offset", "raw voxels: --shape says what they are");
    if (o.shape.empty()) return;
    RawLayout& raw = o.raw.emplace();
    raw.shape = parse_shape(o.shape);
    if (!o.dtype.empty()) parse_dtype(o.dtype, raw);
    raw.offset = o.offset.value_or(0);
}

}  // namespace framepipe::render_slice
