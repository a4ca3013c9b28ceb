#include "volume/open_volume.hpp"

#include <sys/stat.h>

#include "catch.hpp"
#include "folder.hpp"
#include "volume/voxels.hpp"

using namespace framepipe;
using namespace framepipe_test;

TEST_CASE("what cannot be opened is refused with its name and the reason", "[volume]") {
    const Folder folder;
    CHECK(refusal(folder.path("none.npy")) == "cannot open " + folder.path("none.npy") + ": no such file or directory");
    REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
    CHECK(refusal(folder.path("pipe")) == "cannot open " + folder.path("pipe") + ": it is not a regular file");
    CHECK_THAT(refusal(folder.write("empty.npy", "")), ContainsSubstring(": it is empty, "));
    CHECK_THAT(refusal(folder.write("words", "hello, world")), ContainsSubstring("it begins with 'hello, w', which is no"));
    CHECK_THAT(refusal(folder.write("bytes", "\x01\xff")), ContainsSubstring("it begins with 01 ff, which is no"));
    CHECK_THAT(refusal(folder.path("bytes")), ContainsSubstring("--shape and --dtype"));
}

TEST_CASE("a raw file of every type and byte order has the voxels that were written", "[volume][raw]") {
    const Folder folder;
    for (const VoxelType type : all_types())
        for (const bool big_endian : {false, true}) {
            const auto path = folder.write("v.raw", "head" + known_bytes(type, big_endian, false) + "more");
            OpenVolumeOptions options;
            options.raw = RawLayout{{4, 3, 2}, type, big_endian, 4};
            CHECK(difference(open_volume(path, options)).empty());
        }
    const Known colour{.channels = 4};
    OpenVolumeOptions options;
    options.raw = RawLayout{{4, 3, 2, 4}};
    CHECK(
        difference(open_volume(folder.write("c.raw", known_bytes(VoxelType::uint8, false, false, true, colour)), options), colour).empty());
}

TEST_CASE("a raw file that is too short, or a layout that is no volume, is refused", "[volume][raw]") {
    const Folder folder;
    const auto path = folder.write("v.raw", std::string(47, 'x'));
    const auto words = [&](const RawLayout& layout) {
        OpenVolumeOptions options;
        options.raw = layout;
        return refusal(path, options);
    };
    CHECK_THAT(words({{4, 3, 2}, VoxelType::int16}), ContainsSubstring("4 x 3 x 2 of int16 are 48 bytes, but there are only 47"));
    CHECK_THAT(words({{4, 3, 2}, VoxelType::uint8, false, 24}), ContainsSubstring("24 bytes, but there are only 23"));
    CHECK_THAT(words({{4, 3, 2}, VoxelType::uint8, false, 48}), ContainsSubstring("it has 47 bytes, so that none is at offset 48"));
    CHECK_THAT(words({{4, 3}}), ContainsSubstring("it has 2 axes (4 x 3); a volume has 3"));
    CHECK_THAT(words({{4, 3, 2, 2}}), ContainsSubstring("it has 2 channels of colour (4 x 3 x 2 x 2); 3 or 4 are understood"));
    CHECK_THAT(words({{}}), ContainsSubstring("a single number"));
    CHECK_THAT(words({{1, 0, 1}}), ContainsSubstring("its axis 1 is empty"));
}

TEST_CASE("a mapped volume lives as long as a copy of it, not as its file", "[volume]") {
    const Folder folder;
    OpenVolumeOptions options;
    options.raw = RawLayout{{4, 3, 2}};
    Volume copy;
    {
        const Volume volume = open_volume(folder.write("v.raw", known_bytes(VoxelType::uint8, false, false)), options);
        copy = volume;
    }
    std::filesystem::remove(folder.path("v.raw"));
    CHECK(difference(copy).empty());
}

#ifndef FRAMEPIPE_DICOM
TEST_CASE("a program without DICOM says so", "[volume][dicom]") {
    const Folder folder;
    CHECK_THAT(refusal(folder.write("a", std::string(128, '\0') + "DICM")), ContainsSubstring("this framepipe was built without it"));
}
#endif
