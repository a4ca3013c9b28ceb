#include "volume/tiff.hpp"

#include <fmt/format.h>
#include <tiffio.h>

#include <map>

#include "catch.hpp"
#include "folder.hpp"
#include "volume/imagej.hpp"
#include "volume/voxels.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

/// How libtiff is to write pages.
struct Writing {
    VoxelType type = VoxelType::uint16;
    int width = 2;
    int height = 3;
    int samples = 1;
    int photometric = PHOTOMETRIC_MINISBLACK;
    int compression = COMPRESSION_NONE;
    bool tiled = false;
    bool planes_apart = false;
    int rows_per_strip = 2;
    std::string description = {};
    double x_resolution = 0;
    double y_resolution = 0;
};

int sample_format(VoxelType type) {
    if (is_floating(type)) return SAMPLEFORMAT_IEEEFP;
    return name_of(type).starts_with("u") ? SAMPLEFORMAT_UINT : SAMPLEFORMAT_INT;
}

/// Adds a page of numbers in this machine's byte order, samples inside of pixels.
void add_page(TIFF* tiff, const Writing& how, const std::string& pixels) {
    const int bytes = static_cast<int>(size_of(how.type));
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, how.width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, how.height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8 * bytes);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, how.samples);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, sample_format(how.type));
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, how.photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, how.compression);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, how.planes_apart ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    if (how.samples == 4) {
        const std::uint16_t alpha = EXTRASAMPLE_UNASSALPHA;
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &alpha);
    }
    if (how.x_resolution > 0) TIFFSetField(tiff, TIFFTAG_XRESOLUTION, how.x_resolution);
    if (how.y_resolution > 0) TIFFSetField(tiff, TIFFTAG_YRESOLUTION, how.y_resolution);
    if (!how.description.empty()) TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, how.description.c_str());
    const int pixel = bytes * how.samples;
    const int planes = how.planes_apart ? how.samples : 1;
    const int piece = how.planes_apart ? bytes : pixel;
    const int tile = 16;
    if (how.tiled) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, tile);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, how.rows_per_strip);
    }
    for (int plane = 0; plane < planes; ++plane)
        for (int y = 0; y < how.height; y += how.tiled ? tile : 1)
            for (int x = 0; x < how.width; x += how.tiled ? tile : how.width) {
                const int wide = how.tiled ? tile : how.width;
                std::string block(static_cast<std::size_t>(wide * (how.tiled ? tile : 1) * piece), '\0');
                for (int j = 0; j < (how.tiled ? tile : 1) && y + j < how.height; ++j)
                    for (int i = 0; i < wide && x + i < how.width; ++i)
                        block.replace((j * wide + i) * piece, piece,
                                      pixels.substr(((y + j) * how.width + x + i) * pixel + plane * piece, piece));
                if (how.tiled)
                    TIFFWriteTile(tiff, block.data(), x, y, 0, static_cast<std::uint16_t>(plane));
                else
                    TIFFWriteScanline(tiff, block.data(), y, static_cast<std::uint16_t>(plane));
            }
    TIFFWriteDirectory(tiff);
}

/// Writes the known volume, its axis 0 from page to page; mode as TIFFOpen's ("w": little, "wb": big, "w8": BigTIFF).
std::string write_known(const Folder& folder, const std::string& mode, const Writing& how, Known k = {}) {
    const auto path = folder.path("v.tif");
    const bool native_big = std::endian::native == std::endian::big;
    const std::string all = known_bytes(how.type, native_big, false, true, k);
    const std::size_t page = all.size() / k.sides[0];
    TIFF* const tiff = TIFFOpen(path.c_str(), mode.c_str());
    for (std::int64_t i = 0; i < k.sides[0]; ++i) {
        Writing this_page = how;
        if (i > 0) this_page.description.clear();
        add_page(tiff, this_page, all.substr(i * page, page));
    }
    TIFFClose(tiff);
    return path;
}

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A little-endian TIFF of one page with its pixels at the end, as ImageJ writes stacks of any size.
std::string imagej_file(const std::string& description, const std::string& pixels, std::int64_t width = 2, std::int64_t height = 3) {
    const std::vector<std::array<std::uint32_t, 4>> entries{
        {256, 4, 1, static_cast<std::uint32_t>(width)},
        {257, 4, 1, static_cast<std::uint32_t>(height)},
        {258, 3, 1, 16},
        {259, 3, 1, 1},
        {262, 3, 1, 1},
        {270, 2, static_cast<std::uint32_t>(description.size() + 1), 0},  // patched below
        {273, 4, 1, 0},
        {277, 3, 1, 1},
        {278, 4, 1, static_cast<std::uint32_t>(height)},
        {279, 4, 1, static_cast<std::uint32_t>(width * height * 2)},
        {282, 5, 1, 0},
        {283, 5, 1, 0},
    };
    const auto after = static_cast<std::uint32_t>(8 + 2 + 12 * entries.size() + 4);
    const std::uint32_t resolution = after + static_cast<std::uint32_t>(description.size()) + 1;
    std::string file = "II" + packed(std::uint16_t{42}) + packed(std::uint32_t{8}) + packed(static_cast<std::uint16_t>(entries.size()));
    for (auto [tag, type, count, value] : entries) {
        if (tag == 270) value = after;
        if (tag == 273) value = resolution + 8;
        if (type == 5) value = resolution;
        file += packed(static_cast<std::uint16_t>(tag)) + packed(static_cast<std::uint16_t>(type)) + packed(count) + packed(value);
    }
    return file + packed(std::uint32_t{0}) + description + '\0' + packed(std::uint32_t{4}) + packed(std::uint32_t{1}) + pixels;
}

}  // namespace

TEST_CASE("a TIFF of every type, byte order and packing has the voxels that were written", "[volume][tiff]") {
    const Folder folder;
    for (const VoxelType type : all_types())
        for (const std::string mode : {"wl", "wb", "wl8", "wb8"})
            for (const int compression : {COMPRESSION_NONE, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_LZW})
                for (const bool tiled : {false, true}) {
                    INFO(name_of(type) << " " << mode << " compression " << compression << (tiled ? " tiled" : ""));
                    Writing how;
                    how.type = type;
                    how.compression = compression;
                    how.tiled = tiled;
                    const Volume volume = open_volume(write_known(folder, mode, how));
                    CHECK(difference(volume).empty());
                    CHECK(volume.type == type);
                    CHECK(volume.default_axis == 0);
                    CHECK_FALSE(volume.columns_first);
                    CHECK(volume.name == "v.tif");
                    CHECK_FALSE(volume.display_range);
                    // Mapped as it is, where it may be: then big-endian files stay so.
                    CHECK(volume.big_endian == (mode[1] == 'b' && compression == COMPRESSION_NONE && !tiled));
                }
}

TEST_CASE("a TIFF in colour has its channels, apart or together, with more samples than are shown", "[volume][tiff]") {
    const Folder folder;
    for (const int samples : {3, 4})
        for (const bool apart : {false, true})
            for (const bool tiled : {false, true})
                for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW}) {
                    INFO(samples << (apart ? " apart" : "") << (tiled ? " tiled" : "") << " " << compression);
                    Writing how;
                    how.type = VoxelType::uint8;
                    how.samples = samples;
                    how.photometric = PHOTOMETRIC_RGB;
                    how.planes_apart = apart;
                    how.tiled = tiled;
                    how.compression = compression;
                    const Known k{.channels = samples};
                    CHECK(difference(open_volume(write_known(folder, "w", how, k)), k).empty());
                }
    Writing how;
    how.samples = 2;
    const Known two{.channels = 2};
    for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW}) {
        how.compression = compression;
        CHECK(difference(open_volume(write_known(folder, "w", how, two))).empty());
    }
}

TEST_CASE("where white is zero the values are turned over", "[volume][tiff]") {
    const Folder folder;
    Writing how;
    how.photometric = PHOTOMETRIC_MINISWHITE;
    const Volume volume = open_volume(write_known(folder, "w", how));
    CHECK(volume.slope == -1);
    CHECK(volume.intercept == 65535);
}

TEST_CASE("resolution gives the pixels' proportion, and to ImageJ their size", "[volume][tiff]") {
    const Folder folder;
    Writing how;
    how.x_resolution = 10;
    how.y_resolution = 5;
    Volume volume = open_volume(write_known(folder, "w", how));
    CHECK(volume.axes[0].spacing == 1);
    CHECK(volume.axes[1].spacing == 2);
    CHECK(volume.axes[2].spacing == 1);
    CHECK(volume.unit.empty());
    how.description = "ImageJ=1.53t\nimages=4\nslices=4\nunit=\\u00B5m\nspacing=0.75\nloop=false\nmin=10.0\nmax=200.0\n";
    volume = open_volume(write_known(folder, "w", how));
    CHECK(volume.axes[0].spacing == 0.75);
    CHECK(volume.axes[1].spacing == Approx(0.2));
    CHECK(volume.axes[2].spacing == Approx(0.1));
    CHECK(volume.unit == "um");
    CHECK(volume.display_range == std::array<double, 2>{10, 200});
}

TEST_CASE("ImageJ's linear calibration is slope and intercept, and its range is in values", "[volume][tiff]") {
    const auto found = parse_imagej("ImageJ=1.53t\ncf=0\nc0=-32768.0\nc1=1.0\nmin=32768\nmax=33000\n");
    REQUIRE(found);
    CHECK(found->slope == 1);
    CHECK(found->intercept == -32768);
    CHECK(found->display_range == std::array<double, 2>{0, 232});
    CHECK_FALSE(parse_imagej("OME=1\nImageJ=1\n"));
    const auto odd = parse_imagej("ImageJ=\nimages=-5\nspacing=-2.5\nc0=1\nc1=x\nno equals\nmin=nan\nmax=1");
    REQUIRE(odd);
    CHECK(odd->images == 1);
    CHECK(odd->spacing == 2.5);
    CHECK(odd->slope == 1);
    CHECK_FALSE(odd->display_range);
}

TEST_CASE("an ImageJ stack with one directory has all its pages", "[volume][tiff]") {
    const Folder folder;
    const auto voxels = known_bytes(VoxelType::uint16, false, false);
    const auto path = folder.write("v.tif", imagej_file("ImageJ=1.53t\nimages=4\nslices=4\nunit=mm\nspacing=3\n", voxels));
    const Volume volume = open_volume(path);
    CHECK(difference(volume).empty());
    CHECK(volume.axes[0].spacing == 3);
    CHECK(volume.axes[2].spacing == 0.25);
    CHECK_THAT(refusal(folder.write("v.tif", imagej_file("ImageJ=1.53t\nimages=5\n", voxels))),
               ContainsSubstring("its 5 pages of 2x3 pixels are 60 bytes, but after the header there are only 48"));
    CHECK_THAT(refusal(folder.write("v.tif", imagej_file("ImageJ=1.53t\nimages=9223372036854775807\n", voxels))),
               ContainsSubstring("more than any file holds"));
}

TEST_CASE("of ImageJ's channels and frames the first is taken, and that is said", "[volume][tiff]") {
    const Folder folder;
    const auto page = [](double value) {
        std::string bytes;
        for (int i = 0; i < 6; ++i) bytes += packed(VoxelType::uint16, value);
        return bytes;
    };
    std::string pixels;
    for (int t = 0; t < 2; ++t)
        for (int z = 0; z < 3; ++z)
            for (int c = 0; c < 2; ++c) pixels += page(100 * t + 10 * z + c);
    std::vector<std::string> said;
    OpenVolumeOptions options;
    options.warn = [&](const std::string& words) { said.push_back(words); };
    const Known k{.sides = {3, 3, 2}};
    const auto slice = [](std::int64_t a, std::int64_t, std::int64_t, int) { return 10.0 * static_cast<double>(a); };
    CHECK(difference(
              open_volume(folder.write("v.tif", imagej_file("ImageJ=1\nimages=12\nchannels=2\nslices=3\nframes=2\n", pixels)), options), k,
              slice)
              .empty());
    CHECK(said == std::vector<std::string>{"v.tif: 2 channels and 2 frames, showing the first"});
    // Without slices, time is what is paged through.
    said.clear();
    const Known frames{.sides = {6, 3, 2}};
    const auto frame = [](std::int64_t a, std::int64_t, std::int64_t, int) { return static_cast<double>(a / 3 * 100 + a % 3 * 10); };
    CHECK(difference(open_volume(folder.write("v.tif", imagej_file("ImageJ=1\nimages=12\nchannels=2\nframes=6\n", pixels)), options),
                     frames, frame)
              .empty());
    CHECK(said == std::vector<std::string>{"v.tif: 2 channels, showing the first"});
    // Without either, the channels are, as there is nothing else.
    said.clear();
    const Known all{.sides = {12, 3, 2}};
    const auto each = [](std::int64_t a, std::int64_t, std::int64_t, int) {
        return static_cast<double>(a / 6 * 100 + a / 2 % 3 * 10 + a % 2);
    };
    CHECK(difference(open_volume(folder.write("v.tif", imagej_file("ImageJ=1\nimages=12\nchannels=12\n", pixels)), options), all, each)
              .empty());
    CHECK(said.empty());
    // Numbers that are not the pages' are nothing.
    CHECK(
        difference(open_volume(folder.write("v.tif", imagej_file("ImageJ=1\nimages=12\nchannels=4611686018427387904\nslices=4\n", pixels))),
                   all, each)
            .empty());
}

TEST_CASE("a TIFF that is broken or no volume is refused in one line that says why", "[volume][tiff]") {
    const Folder folder;
    const Known one{.sides = {1, 3, 2}};
    CHECK_THAT(refusal(write_known(folder, "w", {}, one)), ContainsSubstring("it has one page of 2x3 pixels; a volume has several"));

    const auto path = folder.path("v.tif");
    const auto two_pages = [&](const Writing& a, const Writing& b) {
        TIFF* const tiff = TIFFOpen(path.c_str(), "w");
        for (const Writing& how : {a, b}) add_page(tiff, how, std::string(4096, 'x'));
        TIFFClose(tiff);
        return refusal(path);
    };
    CHECK_THAT(two_pages({}, {.width = 4}),
               ContainsSubstring("its page 2 is 4x3 pixels of 1 uint16, but page 1 is 2x3 pixels of 1 uint16"));
    CHECK_THAT(two_pages({}, {.type = VoxelType::int16}),
               ContainsSubstring("its page 2 is 2x3 pixels of 1 int16, but page 1 is 2x3 pixels of 1 uint16"));
    CHECK_THAT(two_pages({}, {.photometric = PHOTOMETRIC_MINISWHITE}), ContainsSubstring("of another kind of colour"));

    const auto patched = [&](const std::string& mode, const Writing& how, std::uint16_t tag, std::uint16_t value) {
        std::string file = contents(write_known(folder, mode, how));
        for (std::size_t at = 0; at + 12 < file.size(); ++at)
            if (file.substr(at, 8) == packed(tag) + packed(std::uint16_t{3}) + packed(std::uint32_t{1}))
                file.replace(at + 8, 2, packed(value));
        return refusal(folder.write("v.tif", file));
    };
    CHECK_THAT(patched("wl", {}, 258, 12), ContainsSubstring("its samples have 12 bits; 8, 16, 32 and 64 are understood"));
    CHECK_THAT(patched("wl", {.type = VoxelType::float32}, 258, 24),
               ContainsSubstring("its samples are floats of 24 bits; 16, 32 and 64 are understood"));
    CHECK_THAT(patched("wl", {}, 339, SAMPLEFORMAT_COMPLEXINT), ContainsSubstring("its samples are complex numbers"));
    CHECK_THAT(patched("wl", {}, 262, PHOTOMETRIC_CIELAB),
               ContainsSubstring("its pixels are of photometric kind 8; gray, RGB and RGBA are understood"));

    Writing compressed;
    compressed.compression = COMPRESSION_LZW;
    write_known(folder, "w", compressed);
    OpenVolumeOptions options;
    options.max_memory = 47;
    CHECK_THAT(refusal(path, options), ContainsSubstring("its voxels take 48 bytes of memory, over the limit of 47"));
    CHECK_THAT(refusal(folder.write("v.tif", "II*")), ContainsSubstring("it begins with 'II*'"));
    CHECK_THAT(refusal(folder.write("v.tif", std::string("II*\0\xff\xff\0\0", 8))), ContainsSubstring("its first page cannot be read"));
}

TEST_CASE("a TIFF cut at any byte is refused in one line or is whole", "[volume][tiff]") {
    const Folder folder;
    for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE}) {
        Writing how;
        how.compression = compression;
        const std::string whole = contents(write_known(folder, "w", how));
        for (std::size_t size = 4; size < whole.size(); size += 3) {
            INFO("cut to " << size << " of " << whole.size() << " bytes, compression " << compression);
            const auto words = refusal(folder.write("v.tif", whole.substr(0, size)));
            CHECK(words.starts_with("cannot read " + folder.path("v.tif") + ": it"));
        }
    }
}
