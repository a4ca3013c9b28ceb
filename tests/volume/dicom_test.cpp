#include "volume/dicom.hpp"

#include <fmt/format.h>

#include <map>

#include "catch.hpp"
#include "folder.hpp"
#include "volume/voxels.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

/// One file of a series, explicit VR, little-endian, element by element.
struct DicomBytes {
    std::map<std::pair<int, int>, std::pair<std::string, std::string>> elements;

    DicomBytes(int number, const std::string& pixels, int columns = 4, int rows = 3) {
        ui(0x0008, 0x0016, "1.2.840.10008.5.1.4.1.1.2");
        ui(0x0008, 0x0018, fmt::format("1.2.3.{}", number));
        text(0x0020, 0x0013, "IS", std::to_string(number));
        series("1.2.3", "head");
        us(0x0028, 0x0002, 1).text(0x0028, 0x0004, "CS", "MONOCHROME2").us(0x0028, 0x0010, rows).us(0x0028, 0x0011, columns);
        bits(16, false);
        text(0x0028, 0x0030, "DS", "0.5\\0.25");
        orientation("1\\0\\0\\0\\1\\0").position(fmt::format("10\\20\\{}", 30 + 2 * number));
        elements[{0x7fe0, 0x0010}] = {"OW", pixels};
    }
    DicomBytes& text(int group, int element, const std::string& vr, std::string value) {
        if (value.size() % 2 == 1) value += ' ';
        elements[{group, element}] = {vr, value};
        return *this;
    }
    DicomBytes& ui(int group, int element, std::string value) {
        if (value.size() % 2 == 1) value += '\0';
        elements[{group, element}] = {"UI", value};
        return *this;
    }
    DicomBytes& us(int group, int element, int value) {
        elements[{group, element}] = {"US", packed(static_cast<std::uint16_t>(value))};
        return *this;
    }
    DicomBytes& bits(int allocated, bool with_sign) {
        return us(0x0028, 0x0100, allocated)
            .us(0x0028, 0x0101, allocated)
            .us(0x0028, 0x0102, allocated - 1)
            .us(0x0028, 0x0103, with_sign ? 1 : 0);
    }
    DicomBytes& series(const std::string& uid, const std::string& description) {
        return ui(0x0020, 0x000e, uid).text(0x0008, 0x103e, "LO", description);
    }
    DicomBytes& orientation(const std::string& value) { return text(0x0020, 0x0037, "DS", value); }
    DicomBytes& position(const std::string& value) { return text(0x0020, 0x0032, "DS", value); }
    DicomBytes& rescale(const std::string& slope, const std::string& intercept) {
        return text(0x0028, 0x1053, "DS", slope).text(0x0028, 0x1052, "DS", intercept);
    }
    DicomBytes& without(int group, int element) {
        elements.erase({group, element});
        return *this;
    }

    std::string file() const {
        std::string meta = written({{{0x0002, 0x0002}, {"UI", std::string("1.2.840.10008.5.1.4.1.1.2\0", 26)}},
                                    {{0x0002, 0x0003}, {"UI", "1.2.33"}},
                                    {{0x0002, 0x0010}, {"UI", std::string("1.2.840.10008.1.2.1\0", 20)}}});
        meta = written({{{0x0002, 0x0000}, {"UL", packed(static_cast<std::uint32_t>(meta.size()))}}}) + meta;
        return std::string(128, '\0') + "DICM" + meta + written(elements);
    }

private:
    static std::string written(const std::map<std::pair<int, int>, std::pair<std::string, std::string>>& all) {
        std::string bytes;
        for (const auto& [tag, element] : all) {
            const auto& [vr, value] = element;
            bytes += packed(static_cast<std::uint16_t>(tag.first)) + packed(static_cast<std::uint16_t>(tag.second)) + vr;
            if (vr == "OW" || vr == "OB")
                bytes += packed(std::uint16_t{0}) + packed(static_cast<std::uint32_t>(value.size()));
            else
                bytes += packed(static_cast<std::uint16_t>(value.size()));
            bytes += value;
        }
        return bytes;
    }
};

/// Slice `c` of the known volume.
DicomBytes slice(int c, VoxelType type = VoxelType::uint16) {
    const auto all = known_bytes(type, false, true);
    DicomBytes bytes(c, all.substr(c * all.size() / 2, all.size() / 2));
    return bytes.bits(static_cast<int>(8 * size_of(type)), name_of(type)[0] == 'i');
}

struct Opened {
    Volume volume;
    std::vector<std::string> said;
};

Opened opened(const std::string& path) {
    Opened result;
    OpenVolumeOptions options;
    options.warn = [&](const std::string& words) { result.said.push_back(words); };
    result.volume = open_volume(path, options);
    return result;
}

}  // namespace

TEST_CASE("a DICOM series of every type has the voxels that were written, whatever its files are called", "[volume][dicom]") {
    for (const VoxelType type :
         {VoxelType::uint8, VoxelType::int8, VoxelType::uint16, VoxelType::int16, VoxelType::uint32, VoxelType::int32}) {
        INFO(name_of(type));
        const Folder folder;
        folder.write("ct/a", slice(1, type).rescale("2", "-1024").file());
        folder.write("ct/b", slice(0, type).rescale("2", "-1024").file());
        const auto [volume, said] = opened(folder.path("ct"));
        CHECK(difference(volume).empty());
        CHECK(volume.type == type);
        CHECK(volume.slope == 2);
        CHECK(volume.intercept == -1024);
        CHECK(volume.columns_first);
        CHECK(volume.default_axis == 2);
        CHECK(volume.name == "ct");
        CHECK(said.empty());
        CHECK(difference(open_volume(folder.path("ct/a"))).empty());
    }
}

TEST_CASE("place, direction and spacing of slices become right, anterior, superior", "[volume][dicom]") {
    const Folder folder;
    for (int c = 0; c < 2; ++c) folder.write("ct/" + std::to_string(c), slice(c).file());
    const Volume volume = open_volume(folder.path("ct"));
    CHECK(volume.patient_space == PatientSpace{{{-0.25, 0, 0, -10}, {0, -0.5, 0, -20}, {0, 0, 2, 30}}});
    CHECK(volume.axes[0].spacing == 0.25);
    CHECK(volume.axes[1].spacing == 0.5);
    CHECK(volume.axes[2].spacing == 2);
    CHECK(volume.unit == "mm");
    // Coronal: rows go down, and the normal points to the front, so that the series begins at the back.
    for (int c = 0; c < 2; ++c)
        folder.write("cor/" + std::to_string(c),
                     slice(c).orientation("1\\0\\0\\0\\0\\-1").position(fmt::format("0\\{}\\0", 7 + 3 * c)).file());
    const Volume coronal = open_volume(folder.path("cor"));
    CHECK(difference(coronal).empty());
    CHECK(coronal.patient_space == PatientSpace{{{-0.25, 0, 0, 0}, {0, 0, -3, -7}, {0, -0.5, 0, 0}}});
    for (int c = 0; c < 2; ++c) folder.write("back/" + std::to_string(c), slice(c).position(fmt::format("0\\0\\{}", -3 * c)).file());
    CHECK(voxel(open_volume(folder.path("back")), 0, 0, 0) == known(0, 0, 1));
}

TEST_CASE("the window of a series is its range to show", "[volume][dicom]") {
    const Folder folder;
    for (int c = 0; c < 2; ++c)
        folder.write("ct/" + std::to_string(c),
                     slice(c).text(0x0028, 0x1050, "DS", "40\\300").text(0x0028, 0x1051, "DS", "400\\1500").file());
    CHECK(open_volume(folder.path("ct")).display_range == std::array<double, 2>{-160, 239});
}

TEST_CASE("slices of different scales become values", "[volume][dicom]") {
    const Folder folder;
    for (int c = 0; c < 2; ++c) folder.write("pet/" + std::to_string(c), slice(c).rescale(c == 0 ? "0.5" : "2", "1").file());
    const Volume volume = open_volume(folder.path("pet"));
    CHECK(volume.type == VoxelType::float32);
    CHECK(volume.slope == 1);
    CHECK(difference(volume, {}, [](std::int64_t a, std::int64_t b, std::int64_t c, int) {
              return known(a, b, c) * (c == 0 ? 0.5 : 2) + 1;
          }).empty());
}

TEST_CASE("of what is in a DICOM folder the largest series is taken, and what is left out is said", "[volume][dicom]") {
    const Folder folder;
    const std::string pixels(24, '\1');
    for (int c = 0; c < 4; ++c) folder.write("ct/a" + std::to_string(c), DicomBytes(c, pixels).file());
    folder.write("ct/same-place", DicomBytes(9, pixels).position("10\\20\\32").file());
    folder.write("ct/localizer", DicomBytes(10, pixels).orientation("0\\1\\0\\0\\0\\-1").file());
    folder.write("ct/other1", DicomBytes(0, pixels).series("1.2.4", "x").file());
    folder.write("ct/other2", DicomBytes(1, pixels).series("1.2.4", "x").file());
    folder.write("ct/report", DicomBytes(1, pixels).without(0x0028, 0x0010).file());
    folder.write("ct/broken", DicomBytes(1, pixels).file().substr(0, 140));
    folder.write("ct/notes.txt", "hello");
    const auto [volume, said] = opened(folder.path("ct"));
    CHECK(volume.axes[2].size == 4);
    REQUIRE(said.size() == 4);
    CHECK_THAT(said[0], ContainsSubstring("ct: broken is left out: it is broken"));
    CHECK(said[1] == "ct: 2 series, showing the largest ('head'), 5 slices");
    CHECK(said[2] == "ct: 1 of the series is of another size, kind or direction and left out");
    CHECK(said[3] == "ct: 1 slice is where others are, and left out");
    CHECK(opened(folder.path("ct/other2")).volume.axes[2].size == 2);
    CHECK_THAT(refusal(folder.path("ct/report")), ContainsSubstring("it is DICOM without an image"));
    CHECK_THAT(refusal(folder.path("ct/broken")), ContainsSubstring("it is broken"));
}

TEST_CASE("a DICOM slice that is cut anywhere is left out and named", "[volume][dicom]") {
    const Folder folder;
    const std::string pixels(24, '\x07');
    for (int number = 0; number < 3; ++number) folder.write(fmt::format("ct/{}", number), DicomBytes(number, pixels).file());
    REQUIRE(opened(folder.path("ct")).said.empty());
    const std::string whole = DicomBytes(1, pixels).file();
    for (const std::size_t missing : {1, 2, 23, 24, 25, 30}) {
        INFO(missing << " bytes are missing");
        folder.write("ct/1", whole.substr(0, whole.size() - missing));
        const auto [volume, said] = opened(folder.path("ct"));
        CHECK(volume.axes[2].size == 2);
        REQUIRE(!said.empty());
        CHECK_THAT(said[0], ContainsSubstring("ct: 1 is left out: it is "));
    }
}

TEST_CASE("DICOM that begins like a TIFF is DICOM", "[volume][dicom]") {
    const Folder folder;
    for (int c = 0; c < 2; ++c) folder.write(fmt::format("ct/{}", c), std::string("II*\0", 4) + slice(c).file().substr(4));
    CHECK(opened(folder.path("ct/1")).volume.axes[2].size == 2);
}

TEST_CASE("gaps between slices, and slices without a place, are said", "[volume][dicom]") {
    const Folder folder;
    const std::string pixels(24, '\1');
    for (const int c : {0, 1, 2, 5}) folder.write("gap/" + std::to_string(c), DicomBytes(c, pixels).file());
    CHECK(opened(folder.path("gap")).said ==
          std::vector<std::string>{"gap: its slices are 2 to 6 mm apart, but shown as if all distances were alike; some may be missing"});
    for (int c = 0; c < 2; ++c)
        folder.write("none/" + std::to_string(1 - c), slice(c).without(0x0020, 0x0032).text(0x0018, 0x0050, "DS", "1.5").file());
    const auto [volume, said] = opened(folder.path("none"));
    CHECK(difference(volume).empty());
    CHECK(said == std::vector<std::string>{"none: its slices do not say where they are; they are in the order of their numbers"});
    CHECK_FALSE(volume.patient_space);
    CHECK(volume.axes[2].spacing == 1.5);
}

TEST_CASE("a file of several frames is a volume, and colour is colour", "[volume][dicom]") {
    const Folder folder;
    DicomBytes frames(0, known_bytes(VoxelType::uint16, false, true));
    folder.write("f/one", frames.text(0x0028, 0x0008, "IS", "2").file());
    CHECK(difference(open_volume(folder.path("f/one"))).empty());
    CHECK(difference(open_volume(folder.path("f"))).empty());
    const Known k{.channels = 3};
    const auto all = known_bytes(VoxelType::uint8, false, true, true, k);
    for (int c = 0; c < 2; ++c) {
        DicomBytes colour(c, all.substr(c * 36, 36));
        colour.bits(8, false).us(0x0028, 0x0002, 3).text(0x0028, 0x0004, "CS", "RGB").us(0x0028, 0x0006, 0);
        folder.write("rgb/" + std::to_string(c), colour.file());
    }
    CHECK(difference(open_volume(folder.path("rgb")), k).empty());
}

TEST_CASE("a DICOM that is broken or no volume is refused in one line that says why", "[volume][dicom]") {
    const Folder folder;
    folder.write("one/a", slice(0).file());
    CHECK(refusal(folder.path("one")) == "cannot read " + folder.path("one") + ": it has one slice of 4x3 pixels; a volume has several");
    folder.write("odd/a", slice(0).bits(64, false).file());
    CHECK_THAT(refusal(folder.path("odd")), ContainsSubstring("its pixels have 64 bits; 8, 16 and 32 are understood"));
    folder.write("report/a", slice(0).without(0x0028, 0x0010).file());
    CHECK_THAT(refusal(folder.path("report")), ContainsSubstring("it is DICOM without an image"));
    for (int c = 0; c < 2; ++c) folder.write("big/" + std::to_string(c), slice(c).file());
    OpenVolumeOptions options;
    options.max_memory = 47;
    CHECK_THAT(refusal(folder.path("big"), options), ContainsSubstring("its voxels take 48 bytes of memory, over the limit of 47"));
    const std::string whole = slice(0).file();
    for (std::size_t size = 132; size < whole.size(); size += 13) {
        INFO("cut to " << size << " of " << whole.size());
        const auto words = refusal(folder.write("cut/a", whole.substr(0, size)));
        CHECK(words.starts_with("cannot read " + folder.path("cut/a") + ": "));
    }
}
