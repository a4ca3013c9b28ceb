#include "volume/nifti.hpp"

#include <fmt/format.h>

#include <limits>

#include "catch.hpp"
#include "folder.hpp"
#include "volume/gzipped.hpp"
#include "volume/voxels.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A header of version 1 or 2, written field by field where the standard has them.
class NiftiBytes {
public:
    explicit NiftiBytes(int version, bool big_endian = false, const std::string& magic = "n+")
        : version_(version), big_(big_endian), bytes_(version == 1 ? 348 : 540, '\0') {
        put(0, static_cast<std::int32_t>(bytes_.size()));
        const std::string whole = magic + std::to_string(version) + std::string(1, '\0');
        if (!magic.empty()) bytes_.replace(version == 1 ? 344 : 4, 4, whole);
        if (version == 2) bytes_.replace(8, 4, "\r\n\x1a\n");
        dim({3, 4, 3, 2, 1, 1, 1, 1});
        datatype(4, 16);
        for (int i = 0; i < 8; ++i) number(76, 104, 1, i);
        offset(magic == "n+" ? static_cast<double>(bytes_.size() + 4) : 0);
    }
    NiftiBytes& dim(std::initializer_list<std::int64_t> dims) {
        int i = 0;
        for (const std::int64_t d : dims) {
            if (version_ == 1)
                put(40 + 2 * i, static_cast<std::int16_t>(d));
            else
                put(16 + 8 * i, d);
            ++i;
        }
        return *this;
    }
    NiftiBytes& datatype(int code, int bits) {
        put(version_ == 1 ? 70 : 12, static_cast<std::int16_t>(code));
        put(version_ == 1 ? 72 : 14, static_cast<std::int16_t>(bits));
        return *this;
    }
    NiftiBytes& pixdim(double x, double y, double z) {
        int i = 1;
        for (const double d : {x, y, z}) number(76, 104, d, i++);
        return *this;
    }
    NiftiBytes& offset(double at) {
        if (version_ == 1)
            put(108, static_cast<float>(at));
        else
            put(168, static_cast<std::int64_t>(at));
        return *this;
    }
    NiftiBytes& slope(double slope, double intercept) {
        number(112, 176, slope);
        number(116, 184, intercept);
        return *this;
    }
    NiftiBytes& display(double min, double max) {
        number(124, 192, max);
        number(128, 200, min);
        return *this;
    }
    NiftiBytes& units(int code) {
        if (version_ == 1)
            bytes_[123] = static_cast<char>(code);
        else
            put(500, static_cast<std::int32_t>(code));
        return *this;
    }
    NiftiBytes& qform(int code, std::array<double, 3> quaternion, std::array<double, 3> at, double qfac) {
        code_at(252, 344, code);
        for (int i = 0; i < 3; ++i) number(256, 352, quaternion[i], i);
        for (int i = 0; i < 3; ++i) number(268, 376, at[i], i);
        number(76, 104, qfac);
        return *this;
    }
    NiftiBytes& sform(int code, const PatientSpace& m) {
        code_at(254, 348, code);
        for (int row = 0; row < 3; ++row)
            for (int column = 0; column < 4; ++column) number(280, 400, m[row][column], 4 * row + column);
        return *this;
    }
    std::string header() const { return bytes_; }
    std::string with(const std::string& voxels) const { return bytes_ + std::string(4, '\0') + voxels; }

private:
    template <typename T>
    void put(int at, T value) {
        bytes_.replace(at, sizeof value, packed(value, big_));
    }
    void number(int at1, int at2, double value, int i = 0) {
        if (version_ == 1)
            put(at1 + 4 * i, static_cast<float>(value));
        else
            put(at2 + 8 * i, value);
    }
    void code_at(int at1, int at2, int code) {
        if (version_ == 1)
            put(at1, static_cast<std::int16_t>(code));
        else
            put(at2, static_cast<std::int32_t>(code));
    }

    int version_;
    bool big_;
    std::string bytes_;
};

int code_of(VoxelType type) {
    static constexpr int kCodes[] = {2, 256, 512, 4, 768, 8, 1280, 1024, 0, 16, 64};
    return kCodes[static_cast<int>(type)];
}

std::string known_int16(bool big_endian = false) {
    return known_bytes(VoxelType::int16, big_endian, true);
}

void check_matrix(const Volume& volume, const PatientSpace& expected) {
    REQUIRE(volume.patient_space);
    for (int row = 0; row < 3; ++row)
        for (int column = 0; column < 4; ++column) {
            INFO("row " << row << " column " << column);
            CHECK((*volume.patient_space)[row][column] == Approx(expected[row][column]).margin(1e-6));
        }
}

}  // namespace

TEST_CASE("a NIfTI of every type, byte order, version and packing has the voxels that were written", "[volume][nifti]") {
    const Folder folder;
    for (const VoxelType type : all_types()) {
        if (type == VoxelType::float16) continue;
        for (const int version : {1, 2})
            for (const bool big_endian : {false, true}) {
                INFO(name_of(type) << " version " << version << (big_endian ? " big" : " little"));
                const auto voxels = known_bytes(type, big_endian, true);
                const auto bits = static_cast<int>(8 * size_of(type));
                const auto one = NiftiBytes(version, big_endian).datatype(code_of(type), bits).with(voxels);
                const auto two = NiftiBytes(version, big_endian, "ni").datatype(code_of(type), bits).header();
                const Volume plain = open_volume(folder.write("v.nii", one));
                CHECK(difference(plain).empty());
                CHECK(plain.type == type);
                CHECK(plain.columns_first);
                CHECK(plain.default_axis == 2);
                CHECK(difference(open_volume(folder.write("v.nii.gz", gzipped(one)))).empty());
                folder.write("p.img", voxels);
                CHECK(difference(open_volume(folder.write("p.hdr", two))).empty());
                CHECK(difference(open_volume(folder.path("p.img"))).empty());
                CHECK(open_volume(folder.path("p.img")).name == "p.img");
                folder.write("z.img.gz", gzipped(voxels));
                CHECK(difference(open_volume(folder.write("z.hdr", two))).empty());
                CHECK(difference(open_volume(folder.path("z.img.gz"))).empty());
                folder.write("y.img.gz", gzipped(voxels));
                CHECK(difference(open_volume(folder.write("y.hdr.gz", gzipped(two)))).empty());
            }
    }
}

TEST_CASE("an ANALYZE pair is read, and says nothing of orientation", "[volume][nifti]") {
    const Folder folder;
    folder.write("a.img", known_int16());
    const Volume volume = open_volume(folder.write("a.hdr", NiftiBytes(1, false, "").pixdim(2, 3, 4).header()));
    CHECK(difference(volume).empty());
    CHECK(volume.axes[2].spacing == 4);
    CHECK_FALSE(volume.patient_space);
}

TEST_CASE("RGB24 and RGBA32 are colour", "[volume][nifti]") {
    const Folder folder;
    for (const auto& [channels, code] : {std::pair(3, 128), std::pair(4, 2304)}) {
        const Known k{.channels = channels};
        const auto bytes = NiftiBytes(1).datatype(code, 8 * channels).slope(2, 1).with(known_bytes(VoxelType::uint8, false, true, true, k));
        const Volume volume = open_volume(folder.write("c.nii", bytes));
        CHECK(difference(volume, k).empty());
        CHECK(volume.slope == 1);
    }
}

TEST_CASE("slope, intercept, the range to show, spacing and unit come from the header", "[volume][nifti]") {
    const Folder folder;
    for (const int version : {1, 2})
        for (const bool big_endian : {false, true}) {
            const auto opened = [&](NiftiBytes bytes) { return open_volume(folder.write("v.nii", bytes.with(known_int16(big_endian)))); };
            const NiftiBytes plain(version, big_endian);
            Volume v = opened(NiftiBytes(plain).slope(0.5, -1024).display(-100, 300).pixdim(0.5, -2, 3).units(2));
            CHECK(v.slope == 0.5);
            CHECK(v.intercept == -1024);
            CHECK(v.display_range == std::array<double, 2>{-100, 300});
            CHECK(v.axes[0].spacing == 0.5);
            CHECK(v.axes[1].spacing == 2);
            CHECK(v.axes[2].spacing == 3);
            CHECK(v.unit == "mm");
            CHECK(opened(NiftiBytes(plain).units(3)).unit == "um");
            CHECK(opened(NiftiBytes(plain).units(1)).unit == "m");
            v = opened(NiftiBytes(plain).slope(0, 7).display(5, 5).pixdim(0, kNan, 1));
            CHECK(v.slope == 1);
            CHECK(v.intercept == 0);
            CHECK_FALSE(v.display_range);
            CHECK(v.axes[0].spacing == 1);
            CHECK(v.axes[1].spacing == 1);
            CHECK(v.unit.empty());
            CHECK(opened(NiftiBytes(plain).slope(kNan, kNan)).slope == 1);
            v = opened(NiftiBytes(plain).pixdim(1.2, 0.9, 1e-3).display(0.1, 0.7));  // as decimals, though they are floats
            CHECK(v.axes[0].spacing == 1.2);
            CHECK(v.axes[1].spacing == 0.9);
            CHECK(v.axes[2].spacing == 1e-3);
            CHECK(v.display_range == std::array<double, 2>{0.1, 0.7});
            v = opened(NiftiBytes(plain).sform(1, {{{-1.2, 0, 0, 0}, {0, 0, 0.9, 0}, {0, 1.1, 0, 0}}}));
            CHECK(v.axes[0].spacing == 1.2);
            CHECK(v.axes[1].spacing == 1.1);
            CHECK(v.axes[2].spacing == 0.9);
        }
}

TEST_CASE("orientation is the sform's, else the qform's, in millimetres", "[volume][nifti]") {
    const Folder folder;
    for (const int version : {1, 2}) {
        const auto opened = [&](const NiftiBytes& bytes) { return open_volume(folder.write("v.nii", bytes.with(known_int16()))); };
        // Axis 0 goes to the left, axis 1 up, axis 2 to the back.
        const PatientSpace flipped{{{-2, 0, 0, 90}, {0, 0, -4, 126}, {0, 3, 0, -72}}};
        const NiftiBytes both = NiftiBytes(version).pixdim(1, 1, 1).sform(1, flipped).qform(1, {0, 0, 0}, {1, 2, 3}, 1);
        Volume v = opened(both);
        check_matrix(v, flipped);
        CHECK(v.axes[0].spacing == 2);
        CHECK(v.axes[1].spacing == 3);
        CHECK(v.axes[2].spacing == 4);
        CHECK(v.unit == "mm");
        v = opened(NiftiBytes(both).sform(0, flipped));
        check_matrix(v, {{{1, 0, 0, 1}, {0, 1, 0, 2}, {0, 0, 1, 3}}});
        // Half a turn about z, and qfac -1: x and y are negative, z too.
        v = opened(NiftiBytes(version).pixdim(2, 3, 4).qform(1, {0, 0, 1}, {10, 20, 30}, -1));
        check_matrix(v, {{{-2, 0, 0, 10}, {0, -3, 0, 20}, {0, 0, -4, 30}}});
        // Metres.
        v = opened(NiftiBytes(version).units(1).sform(2, {{{0.002, 0, 0, 0.01}, {0, 0.002, 0, 0}, {0, 0, 0.002, 0}}}));
        check_matrix(v, {{{2, 0, 0, 10}, {0, 2, 0, 0}, {0, 0, 2, 0}}});
        CHECK(v.axes[0].spacing == Approx(0.002));
        CHECK(v.unit == "m");
        CHECK_FALSE(opened(NiftiBytes(version)).patient_space);
    }
}

TEST_CASE("an orientation that is none is said and left out", "[volume][nifti]") {
    const Folder folder;
    for (const double bad : {0.0, kNan}) {
        std::vector<std::string> said;
        OpenVolumeOptions options;
        options.warn = [&](const std::string& words) { said.push_back(words); };
        const auto path = folder.write("v.nii", NiftiBytes(1).sform(1, {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, bad, 0}}}).with(known_int16()));
        CHECK_FALSE(open_volume(path, options).patient_space);
        REQUIRE(said.size() == 1);
        CHECK_THAT(said[0], ContainsSubstring("v.nii: its orientation is none (the matrix of its sform cannot be inverted)"));
    }
}

TEST_CASE("of several volumes the first is taken, and that is said", "[volume][nifti]") {
    const Folder folder;
    std::vector<std::string> said;
    OpenVolumeOptions options;
    options.warn = [&](const std::string& words) { said.push_back(words); };
    const auto file = NiftiBytes(1).dim({4, 4, 3, 2, 20}).with(known_int16() + std::string(19 * 48, 'x'));
    CHECK(difference(open_volume(folder.write("v.nii", file), options)).empty());
    CHECK(difference(open_volume(folder.write("v.nii.gz", gzipped(file)), options)).empty());
    CHECK(said == std::vector<std::string>{"v.nii: 20 volumes, showing the first", "v.nii.gz: 20 volumes, showing the first"});
    said.clear();
    CHECK(difference(open_volume(folder.write("v.nii", NiftiBytes(1).dim({5, 4, 3, 2, 1, 1}).with(known_int16())), options)).empty());
    CHECK(said.empty());
}

TEST_CASE("a NIfTI that is broken or no volume is refused in one line that says why", "[volume][nifti]") {
    const Folder folder;
    for (const int version : {1, 2})
        for (const bool compressed : {false, true}) {
            const auto words = [&](const NiftiBytes& bytes, std::size_t voxels = 48) {
                const auto file = bytes.with(std::string(voxels, 'x'));
                const auto path = folder.write("v.nii", compressed ? gzipped(file) : file);
                const auto line = refusal(path);
                const std::string prefix = "cannot read " + path + ": ";
                REQUIRE(line.starts_with(prefix));
                return line.substr(prefix.size());
            };
            const NiftiBytes plain(version);
            const auto short_file = words(plain, 47);
            CHECK(short_file == (compressed ? fmt::format("its gzip holds {} bytes, but {} are needed", plain.header().size() + 51,
                                                          plain.header().size() + 52)
                                            : "4 x 3 x 2 of int16 are 48 bytes, but there are only 47"));
            CHECK(words(NiftiBytes(plain).dim({1, 24})) == "it has 1 axis (24); a volume has 3, or 4 with 3 or 4 channels of colour");
            CHECK_THAT(words(NiftiBytes(plain).dim({2, 4, 6})), ContainsSubstring("it has 2 axes (4 x 6)"));
            CHECK_THAT(words(NiftiBytes(plain).dim({5, 4, 3, 2, 1, 3})), ContainsSubstring("it has 5 axes (4 x 3 x 2 x 1 x 3)"));
            CHECK(words(NiftiBytes(plain).dim({0})) == "its header says that it has 0 axes; a volume has 3");
            CHECK(words(NiftiBytes(plain).dim({8})) == "its header says that it has 8 axes; a volume has 3");
            CHECK(words(NiftiBytes(plain).dim({3, 4, 0, 2})) == "its axis 1 is empty (4 x 0 x 2)");
            CHECK(words(NiftiBytes(plain).dim({3, 4, 3, -2})) == "its axis 2 has the size -2");
            const std::string wanted = "; integers, floats of 32 or 64 bits, RGB24 or RGBA32 are wanted";
            CHECK(words(NiftiBytes(plain).datatype(32, 64)) == "its voxels are complex numbers (datatype 32)" + wanted);
            CHECK(words(NiftiBytes(plain).datatype(1, 1)) == "its voxels are single bits (datatype 1)" + wanted);
            CHECK(words(NiftiBytes(plain).datatype(0, 0)) == "its voxels are of a type that is not known (datatype 0)" + wanted);
            CHECK(words(NiftiBytes(plain).datatype(1536, 128)) == "its voxels are floats of 128 bits (datatype 1536)" + wanted);
            CHECK_THAT(words(NiftiBytes(plain).offset(-1)), ContainsSubstring("its header says that the voxels are at byte -1"));
            if (version == 1) CHECK_THAT(words(NiftiBytes(plain).offset(kNan)), ContainsSubstring("voxels are at byte nan"));
            CHECK_THAT(words(NiftiBytes(plain).offset(100000)),
                       ContainsSubstring(compressed ? "its gzip holds" : "its voxels should begin at byte 100000, but there are only"));
            if (version == 2) {
                const std::int64_t much = std::int64_t{1} << 40;
                CHECK_THAT(words(NiftiBytes(plain).dim({3, much, much, much})), ContainsSubstring("more than any file holds"));
                CHECK_THAT(words(NiftiBytes(plain).dim({3, much, 1, 1})),
                           ContainsSubstring(compressed ? "over the limit of" : "but there are only 48"));
            }
        }
}

TEST_CASE("a gzip that breaks off, is broken, or takes more memory than is allowed is refused", "[volume][nifti]") {
    const Folder folder;
    std::string voxels;
    for (int i = 0; i < 20000; ++i) voxels += static_cast<char>(i * i >> 3);
    const std::string whole = gzipped(NiftiBytes(1).dim({3, 100, 100, 1}).with(voxels));
    const auto cut = [&](std::size_t size) { return refusal(folder.write("v.nii.gz", whole.substr(0, size))); };
    CHECK_THAT(cut(whole.size() / 2), ContainsSubstring("its gzip breaks off after"));
    CHECK_THAT(cut(20), ContainsSubstring("its gzip breaks off after"));
    CHECK_THAT(cut(2), ContainsSubstring("its gzip breaks off after 0 bytes of content"));
    std::string broken = whole;
    broken[10] |= 6;  // a kind of block that there is not
    CHECK_THAT(refusal(folder.write("v.nii.gz", broken)), ContainsSubstring("its gzip is broken after"));
    broken = whole;
    broken[whole.size() - 6] ^= 1;  // of the checksum
    CHECK_THAT(refusal(folder.write("v.nii.gz", broken)),
               ContainsSubstring("its gzip is broken after 20352 bytes of content: incorrect data check"));
    CHECK_THAT(cut(whole.size() - 1), ContainsSubstring("its gzip breaks off after 20352 bytes of content"));
    // The same where there is more content than the header promises.
    const std::string more = gzipped(NiftiBytes(1).dim({3, 100, 100, 1}).with(voxels + std::string(100'000, 'x')));
    CHECK(refusal(folder.write("v.nii.gz", more)) == "opened");
    broken = more;
    broken[more.size() - 6] ^= 1;  // of the checksum
    CHECK_THAT(refusal(folder.write("v.nii.gz", broken)),
               ContainsSubstring("its gzip is broken after 120352 bytes of content: incorrect data check"));
    broken = more;
    broken[more.size() - 2] ^= 1;  // of the length
    CHECK_THAT(refusal(folder.write("v.nii.gz", broken)), ContainsSubstring("incorrect length check"));
    OpenVolumeOptions options;
    options.max_memory = 19999;
    CHECK_THAT(refusal(folder.write("v.nii.gz", whole), options),
               ContainsSubstring("its voxels take 20000 bytes of memory, over the limit of 19999"));
    CHECK(refusal(folder.path("v.nii.gz")) == "opened");
    CHECK_THAT(refusal(folder.write("w.gz", gzipped("hello, world"))),
               ContainsSubstring("of what can be in a gzip, NIfTI is understood; in this one it begins with 'hello, w'"));
}

TEST_CASE("a header without its image file is refused", "[volume][nifti]") {
    const Folder folder;
    CHECK(refusal(folder.write("a.hdr", NiftiBytes(1, false, "ni").header())) ==
          "cannot read " + folder.path("a.hdr") + ": it is the header of two files, and there is no .img file with its name");
    folder.write("a.img", "short");
    CHECK_THAT(refusal(folder.path("a.hdr")), ContainsSubstring("4 x 3 x 2 of int16 are 48 bytes, but there are only 5"));
}
