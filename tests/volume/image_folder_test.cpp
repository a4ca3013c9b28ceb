#include "volume/image_folder.hpp"

#include <tiffio.h>

#include <map>

#include "catch.hpp"
#include "codec/codec.hpp"
#include "folder.hpp"
#include "volume/voxels.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

/// Slice `a` of the known volume as an image file.
std::string image(ImageType type, PixelFormat format, std::int64_t a, Known k = {}) {
    const VoxelType numbers = is_deep(format) ? VoxelType::uint16 : VoxelType::uint8;
    std::string pixels;
    for (std::int64_t b = 0; b < k.sides[1]; ++b)
        for (std::int64_t c = 0; c < k.sides[2]; ++c)
            for (int channel = 0; channel < k.channels; ++channel) pixels += packed(numbers, known(a, b, c, channel));
    EncodeOptions options;
    options.webp_lossless = true;
    const Extent extent{static_cast<std::uint32_t>(k.sides[2]), static_cast<std::uint32_t>(k.sides[1])};
    const Bytes bytes = make_encoder(type, options)->encode({.format = format, .extent = extent, .bytes = as_bytes(pixels)});
    return std::string(bytes.text());
}

void write_tiff(const std::string& path, std::int64_t a, int pages = 1) {
    TIFF* const tiff = TIFFOpen(path.c_str(), "w");
    for (int page = 0; page < pages; ++page) {
        for (const auto& [tag, value] : std::map<int, int>{{TIFFTAG_IMAGEWIDTH, 2},
                                                           {TIFFTAG_IMAGELENGTH, 3},
                                                           {TIFFTAG_BITSPERSAMPLE, 16},
                                                           {TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK},
                                                           {TIFFTAG_ROWSPERSTRIP, 3}})
            TIFFSetField(tiff, static_cast<std::uint32_t>(tag), value);
        for (std::uint32_t b = 0; b < 3; ++b) {
            std::uint16_t row[2] = {static_cast<std::uint16_t>(known(a, b, 0)), static_cast<std::uint16_t>(known(a, b, 1))};
            TIFFWriteScanline(tiff, row, b, 0);
        }
        TIFFWriteDirectory(tiff);
    }
    TIFFClose(tiff);
}

}  // namespace

TEST_CASE("a folder of images is a volume in natural order", "[volume][images]") {
    for (const auto& [format, type, channels] :
         {std::tuple(PixelFormat::gray, VoxelType::uint8, 1), std::tuple(PixelFormat::gray16le, VoxelType::uint16, 1),
          std::tuple(PixelFormat::rgb24, VoxelType::uint8, 3), std::tuple(PixelFormat::rgb48le, VoxelType::uint16, 3),
          std::tuple(PixelFormat::rgba, VoxelType::uint8, 4), std::tuple(PixelFormat::rgba64le, VoxelType::uint16, 4)}) {
        INFO(name_of(format));
        const Folder folder;
        const Known k{.sides = {12, 3, 2}, .channels = channels};
        for (std::int64_t a = 0; a < 12; ++a) folder.write("z/s" + std::to_string(a) + ".png", image(ImageType::png, format, a, k));
        const Volume volume = open_volume(folder.path("z"));
        CHECK(difference(volume, k).empty());
        CHECK(volume.type == type);
        CHECK(volume.name == "z");
        CHECK(volume.default_axis == 0);
        CHECK_FALSE(volume.columns_first);
        CHECK(open_volume(folder.path("z/")).name == "z");
    }
}

TEST_CASE("WebP and TIFF may be slices, and JPEG", "[volume][images]") {
    const Folder folder;
    for (std::int64_t a = 0; a < 4; ++a) {
        const std::string number = std::to_string(a);
        folder.write("webp/" + number, image(ImageType::webp, PixelFormat::rgb24, a, {.channels = 3}));
        folder.write("jpeg/" + number, image(ImageType::jpeg, PixelFormat::gray, a));
        folder.write("tiff/.hidden");
        write_tiff(folder.path("tiff/" + number), a);
    }
    CHECK(difference(open_volume(folder.path("webp")), {.channels = 3}).empty());
    CHECK(difference(open_volume(folder.path("tiff"))).empty());
    const Volume jpeg = open_volume(folder.path("jpeg"));
    CHECK(jpeg.axes[0].size == 4);
    CHECK(std::abs(voxel(jpeg, 3, 1, 1) - known(3, 1, 1)) < 8);
}

TEST_CASE("what is no image in a folder is left out, and that is said", "[volume][images]") {
    const Folder folder;
    for (std::int64_t a = 0; a < 4; ++a) folder.write("z/" + std::to_string(a), image(ImageType::png, PixelFormat::gray, a));
    folder.write("z/notes.txt", "hello");
    folder.write("z/sub/4", image(ImageType::png, PixelFormat::gray, 4));
    std::vector<std::string> said;
    OpenVolumeOptions options;
    options.warn = [&](const std::string& words) { said.push_back(words); };
    CHECK(difference(open_volume(folder.path("z"), options)).empty());
    CHECK(said == std::vector<std::string>{"z: 1 file is no JPEG, PNG, WebP or TIFF and left out"});
}

TEST_CASE("a folder that is no volume is refused in one line that names the file", "[volume][images]") {
    const Folder folder;
    const auto words = [&](const std::string& name) {
        const auto line = refusal(folder.path(name));
        const std::string prefix = "cannot read " + folder.path(name) + ": ";
        REQUIRE(line.starts_with(prefix));
        return line.substr(prefix.size());
    };
    std::filesystem::create_directory(folder.path("empty"));
    CHECK(words("empty") == "there is no JPEG, PNG, WebP, TIFF or DICOM in it");
    folder.write("one/a.png", image(ImageType::png, PixelFormat::gray, 0));
    CHECK(words("one") == "it has one image; a volume has several");
    for (const char* name : {"size", "kind", "broken", "pages"})
        folder.write(name + std::string("/a.png"), image(ImageType::png, PixelFormat::gray, 0));
    folder.write("size/b.png", image(ImageType::png, PixelFormat::gray, 0, {.sides = {1, 5, 7}}));
    CHECK(words("size") == "b.png is 7x5 pixels of 1 uint8, but a.png is 2x3 pixels of 1 uint8");
    folder.write("kind/b.png", image(ImageType::png, PixelFormat::rgb24, 0, {.channels = 3}));
    CHECK(words("kind") == "b.png is 2x3 pixels of 3 uint8, but a.png is 2x3 pixels of 1 uint8");
    folder.write("broken/b.png", image(ImageType::png, PixelFormat::gray, 0).substr(0, 40));
    CHECK(words("broken").starts_with("b.png: "));
    write_tiff(folder.path("pages/b.tif"), 0, 2);
    CHECK(words("pages") == "b.tif: it has 2 pages; in a folder of images each has one");
    folder.write("much/a.png", image(ImageType::png, PixelFormat::gray, 0));
    folder.write("much/b.png", image(ImageType::png, PixelFormat::gray, 0));
    OpenVolumeOptions options;
    options.max_memory = 11;
    CHECK_THAT(refusal(folder.path("much"), options), ContainsSubstring("its voxels take 12 bytes of memory, over the limit of 11"));
}
