#include "volume/nrrd.hpp"

#include <fmt/format.h>

#include "catch.hpp"
#include "folder.hpp"
#include "volume/gzipped.hpp"
#include "volume/voxels.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

const std::string kPlain = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nendian: little\nencoding: raw\n";

std::string known_int16(bool big_endian = false) {
    return known_bytes(VoxelType::int16, big_endian, true);
}

/// The known voxels as people write them.
std::string known_text(VoxelType type) {
    std::string text;
    for (int i = 0; i < 24; ++i)
        text += is_floating(type) ? fmt::format("{:.1f} ", 1.0 * i) : fmt::format("{}{}", i, i % 5 == 4 ? "\n" : ", ");
    return text;
}

/// `text` with `from` replaced; they are lines of headers.
std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error("no '" + from + "' in the header");
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("an NRRD of every type, byte order, encoding and packing has the voxels that were written", "[volume][nrrd]") {
    static const char* const names[] = {
        "uchar", "signed char", "unsigned short", "short", "uint32_t", "int", "unsigned long long int", "int64", "", "float", "double"};
    const Folder folder;
    for (const VoxelType type : all_types()) {
        if (type == VoxelType::float16) continue;
        for (const bool big_endian : {false, true})
            for (const std::string encoding : {"raw", "gzip", "ascii"})
                for (const std::string end : {"\n", "\r\n"}) {
                    INFO(name_of(type) << " " << encoding << (big_endian ? " big" : " little"));
                    std::string head;
                    for (const std::string& line :
                         {std::string("NRRD0004"), std::string("# a comment"), fmt::format("type: {}", names[static_cast<int>(type)]),
                          std::string("dimension: 3"), std::string("sizes: 4 3 2"),
                          fmt::format("endian: {}", big_endian ? "big" : "little"), "encoding: " + encoding, std::string("modality:=CT")})
                        head += line + end;
                    const auto bytes = known_bytes(type, big_endian, true);
                    const auto data = encoding == "raw" ? bytes : encoding == "gzip" ? gzipped(bytes) : known_text(type);
                    const Volume attached = open_volume(folder.write("v.nrrd", head + end + data));
                    CHECK(difference(attached).empty());
                    CHECK(attached.type == type);
                    CHECK(attached.columns_first);
                    CHECK(attached.default_axis == 2);
                    folder.write("data/v.bin", data);
                    CHECK(difference(open_volume(folder.write("v.nhdr", head + "data file: data/v.bin" + end))).empty());
                    CHECK(open_volume(folder.path("v.nhdr")).name == "v.nhdr");
                }
    }
}

TEST_CASE("lines and bytes before the voxels are skipped", "[volume][nrrd]") {
    const Folder folder;
    folder.write("v.raw", "one\ntwo\nabc" + known_int16());
    CHECK(difference(open_volume(folder.write("v.nhdr", kPlain + "line skip: 2\nbyte skip: 3\ndata file: v.raw\n"))).empty());
    CHECK(difference(open_volume(folder.write("v.nhdr", kPlain + "byteskip: -1\ndatafile: v.raw\n"))).empty());
    folder.write("v.gz", "one\n" + gzipped("abc" + known_int16()));
    CHECK(difference(open_volume(folder.write("v.nhdr", with(kPlain, "raw", "gz") + "lineskip: 1\nbyte skip: 3\ndata file: ./v.gz\n")))
              .empty());
}

TEST_CASE("an axis of colour is told by its kind, else by its place", "[volume][nrrd]") {
    const Folder folder;
    const std::string head = "NRRD0004\ntype: uchar\ndimension: 4\nencoding: raw\n";
    for (const int channels : {3, 4}) {
        const Known k{.channels = channels};
        const auto inside = known_bytes(VoxelType::uint8, false, true, true, k);
        const auto outside = known_bytes(VoxelType::uint8, false, true, false, k);
        for (const std::string kinds : {"", "kinds: vector domain domain domain\n", "kinds: RGB-color space space space\n"}) {
            const Volume volume =
                open_volume(folder.write("v.nrrd", head + fmt::format("sizes: {} 4 3 2\n", channels) + kinds + "\n" + inside));
            CHECK(difference(volume, k).empty());
        }
        const auto last =
            head + fmt::format("sizes: 4 3 2 {}\n", channels) + "kinds: space space space RGBA-color\nspacings: 2 3 4 NaN\n\n";
        const Volume volume = open_volume(folder.write("v.nrrd", last + outside));
        CHECK(difference(volume, k).empty());
        CHECK(volume.axes[0].spacing == 2);
        CHECK(volume.axes[2].spacing == 4);
    }
    CHECK_THAT(refusal(folder.write("v.nrrd", head + "sizes: 3 4 3 2\nkinds: time space space space\n\n" + std::string(72, 'x'))),
               ContainsSubstring("it has 4 axes (3 x 4 x 3 x 2)"));
}

TEST_CASE("space becomes right, anterior, superior in millimetres", "[volume][nrrd]") {
    const Folder folder;
    const auto opened = [&](const std::string& more) { return open_volume(folder.write("v.nrrd", kPlain + more + "\n" + known_int16())); };
    const std::string directions = "space directions: (0,-3,0) (0,0,4) (2, 0, 0)\nspace origin: (10,20,30)\n";
    const PatientSpace ras{{{0, 0, 2, 10}, {-3, 0, 0, 20}, {0, 4, 0, 30}}};
    const PatientSpace lps{{{-0., -0., -2, -10}, {3, -0., -0., -20}, {0, 4, 0, 30}}};
    const PatientSpace las{{{-0., -0., -2, -10}, {-3, 0, 0, 20}, {0, 4, 0, 30}}};
    CHECK(opened("space: right-anterior-superior\n" + directions).patient_space == ras);
    CHECK(opened("space: RAS\n" + directions).patient_space == ras);
    CHECK(opened("space: left-posterior-superior\n" + directions).patient_space == lps);
    CHECK(opened("space: LPS\n" + directions).patient_space == lps);
    CHECK(opened("space: LAS\n" + directions).patient_space == las);
    Volume v = opened("space: LPS\n" + directions);
    CHECK(v.axes[0].spacing == 3);
    CHECK(v.axes[1].spacing == 4);
    CHECK(v.axes[2].spacing == 2);
    CHECK(v.unit == "mm");
    v = opened("space: RAS\nspace units: \"um\" \"um\" \"um\"\n" + directions);
    CHECK(v.unit == "um");
    CHECK(v.axes[0].spacing == 3);
    CHECK((*v.patient_space)[0][2] == Approx(0.002));
    v = opened("space: 3D-right-handed\n" + directions);
    CHECK_FALSE(v.patient_space);
    CHECK(v.axes[0].spacing == 3);
    CHECK_FALSE(opened("space: RAS\nspace directions: (0,-3,0) none (2,0,0)\n").patient_space);
    CHECK_FALSE(opened("space: RAS\nspace directions: (1,0,0) (1,0,0) (0,0,1)\n").patient_space);
    v = opened("spacings: 0.5 nan 3\nunits: \"microns\" \"\" \"\"\n");
    CHECK(v.axes[0].spacing == 0.5);
    CHECK(v.axes[1].spacing == 1);
    CHECK(v.axes[2].spacing == 3);
    CHECK(v.unit == "um");
}

TEST_CASE("an NRRD that is broken or no volume is refused in one line that says why", "[volume][nrrd]") {
    const Folder folder;
    const auto words = [&](const std::string& head, const std::string& data = known_int16()) {
        const auto path = folder.write("v.nrrd", head + "\n" + data);
        const auto line = refusal(path);
        const std::string prefix = "cannot read " + path + ": ";
        REQUIRE(line.starts_with(prefix));
        return line.substr(prefix.size());
    };
    CHECK(words(kPlain, std::string(47, 'x')) == "4 x 3 x 2 of int16 are 48 bytes, but there are only 47");
    CHECK(words(with(kPlain, "raw", "gzip"), gzipped(std::string(47, 'x'))) == "its gzip holds 47 bytes, but 48 are needed");
    CHECK_THAT(words(with(kPlain, "raw", "gzip"), gzipped(known_int16()).substr(0, 20)), ContainsSubstring("its gzip breaks off after"));
    CHECK_THAT(words(with(kPlain, "raw", "gzip")), ContainsSubstring("its gzip is broken after 0 bytes of content"));
    CHECK(words(with(kPlain, "3\nsizes: 4 3 2", "1\nsizes: 24")) ==
          "it has 1 axis (24); a volume has 3, or 4 with 3 or 4 channels of colour");
    CHECK_THAT(words(with(kPlain, "3\nsizes: 4 3 2", "2\nsizes: 4 6")), ContainsSubstring("it has 2 axes (4 x 6)"));
    CHECK_THAT(words(with(kPlain, "3\nsizes: 4 3 2", "5\nsizes: 3 4 3 2 1")), ContainsSubstring("it has 5 axes"));
    CHECK(words(with(kPlain, "sizes: 4 3 2", "sizes: 4 0 2")) == "its axis 1 is empty (4 x 0 x 2)");
    CHECK(words(with(kPlain, "sizes: 4 3 2", "sizes: 4 -3 2")) == "its axis 1 has the size -3");
    CHECK(words(with(kPlain, "sizes: 4 3 2", "sizes: 4 3")) == "its header has 2 of 'sizes' for 3 axes");
    CHECK(words(with(kPlain, "sizes: 4 3 2", "sizes: 4 3 b")) == "its header has 'b' where 'sizes' wants a number");
    CHECK_THAT(words(with(kPlain, "sizes: 4 3 2", "sizes: 4000000000 4000000000 4000000000")),
               ContainsSubstring("more than any file holds"));
    CHECK(words(with(kPlain, "dimension: 3", "dimension: 17")) == "its header says that it has 17 axes; a volume has 3");
    CHECK(words(with(kPlain, "dimension: 3\n", "")) == "its header has no 'dimension'");
    CHECK(words(with(kPlain, "type: short\n", "")) == "its header has no 'type'");
    CHECK(words(with(kPlain, "short", "half")) ==
          "its voxels are of a type that is not known ('half'); integers, float or double are wanted");
    CHECK(words(with(kPlain, "short", "block")) == "its voxels are blocks of bytes (type: block); integers, float or double are wanted");
    CHECK(words(with(kPlain, "endian: little\n", "")) == "its header has no 'endian', which numbers of more than one byte need");
    CHECK(words(with(kPlain, "little", "middle")) == "its header says 'endian: middle'; it is little or big");
    for (const std::string encoding : {"hex", "bzip2", "zrl"})
        CHECK(words(with(kPlain, "raw", encoding)) == "its voxels are encoded as '" + encoding + "'; raw, gzip and text are understood");
    CHECK(words(kPlain + "kind of thing\n") == "its header has a line without a colon: 'kind of thing'");
    CHECK(words(kPlain + "type: int\n") == "its header says 'type' twice");
    CHECK(words(kPlain + "space directions: (1,0) b (0,1)\n") == "its header has 'b' where 'space directions' wants a vector");
    CHECK(words(kPlain + "space directions: (1,0,0) (0,1,0\n") == "its header has '(0,1,0' where 'space directions' wants a vector");
    CHECK(words(kPlain + "space directions: (1,0,0)\n") == "its header has 1 of 'space directions' for 3 axes");
    CHECK(words(kPlain + "units: \"mm\" mm\n") == "its header has 'mm' where 'units' wants words in quotes");
    CHECK(words(kPlain + "byte skip: -2\n") == "its header says 'byte skip: -2'");
    CHECK(words(kPlain + "byte skip: 49\n") == "its header skips 49 bytes of 48");
    CHECK(words(kPlain + "line skip: 2\n", "one\n") == "its data file ends inside the lines that are to be skipped");
    const std::string text = with(kPlain, "raw", "txt");
    CHECK_THAT(words(text, "1 2 3"), ContainsSubstring("its text has 5 bytes, too few for 24 numbers"));
    CHECK(words(text, "1 2 3" + std::string(100, ' ')) == "its text holds 3 numbers, but 24 are needed");
    CHECK(words(text, "1 2 x" + std::string(100, ' ')) == "its voxel 2 is 'x', which is not a number of its type");
    CHECK(words(text, "1 2 40000" + std::string(100, ' ')) == "its voxel 2 is '40000', which is not a number of its type");
    CHECK(refusal(folder.write("w.nrrd", kPlain)) == "cannot read " + folder.path("w.nrrd") + ": it ends inside its header");
    CHECK_THAT(refusal(folder.write("w.nrrd", "NRRD0004\n# " + std::string(2 << 20, 'x'))),
               ContainsSubstring("its header does not end within 1048576 bytes"));
    OpenVolumeOptions options;
    options.max_memory = 47;
    CHECK_THAT(refusal(folder.write("w.nrrd", with(kPlain, "raw", "gzip") + "\n" + gzipped(known_int16())), options),
               ContainsSubstring("over the limit of 47"));
}

TEST_CASE("a data file is looked for in the header's folder and nowhere else", "[volume][nrrd]") {
    const Folder folder;
    folder.write("v.raw", known_int16());
    const auto words = [&](const std::string& name) { return refusal(folder.write("sub/v.nhdr", kPlain + "data file: " + name + "\n")); };
    for (const std::string& name : {std::string("../v.raw"), folder.path("v.raw"), std::string("a/../../v.raw"), std::string("..")})
        CHECK_THAT(words(name), ContainsSubstring("its data file " + name + " is not in the header's folder or below it"));
    CHECK_THAT(words("v.raw"), ContainsSubstring("cannot open " + folder.path("sub/v.raw") + ": no such file or directory"));
    CHECK_THAT(words("LIST"), ContainsSubstring("its voxels are in several data files; one is understood"));
    CHECK_THAT(words("v%03d.raw 1 2 1"), ContainsSubstring("its voxels are in several data files; one is understood"));
    folder.write("sub/with space.raw", known_int16());
    CHECK(words("with space.raw") == "opened");
}
