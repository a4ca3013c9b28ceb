#include "volume/npy.hpp"

#include <fmt/format.h>

#include "catch.hpp"
#include "folder.hpp"
#include "volume/voxels.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

/// An .npy file with this text as its header, padded as NumPy does.
std::string npy(std::string header, const std::string& voxels, int version = 1) {
    const std::size_t start = version == 1 ? 10 : 12;
    while ((start + header.size() + 1) % 64 != 0) header += ' ';
    header += '\n';
    std::string file = "\x93NUMPY";
    file += static_cast<char>(version);
    file += '\0';
    file += version == 1 ? packed(static_cast<std::uint16_t>(header.size())) : packed(static_cast<std::uint32_t>(header.size()));
    return file + header + voxels;
}

std::string header(const std::string& descr, bool fortran, const std::string& shape) {
    return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", descr, fortran ? "True" : "False", shape);
}

std::string descr_of(VoxelType type, bool big_endian) {
    static const char* const kinds[] = {"u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"};
    return (size_of(type) == 1 ? "|" : big_endian ? ">" : "<") + std::string(kinds[static_cast<int>(type)]);
}

}  // namespace

TEST_CASE("an .npy of every type, byte order, order of axes and version has the voxels that were written", "[volume][npy]") {
    const Folder folder;
    for (const VoxelType type : all_types())
        for (const bool big_endian : {false, true})
            for (const bool fortran : {false, true})
                for (const int version : {1, 2, 3}) {
                    INFO(name_of(type) << (big_endian ? " big" : " little") << (fortran ? " Fortran" : " C") << " version " << version);
                    const auto path = folder.write("v.npy", npy(header(descr_of(type, big_endian), fortran, "(4, 3, 2)"),
                                                                known_bytes(type, big_endian, fortran), version));
                    const Volume volume = open_volume(path);
                    CHECK(volume.type == type);
                    CHECK(difference(volume).empty());
                    CHECK(volume.name == "v.npy");
                    CHECK(volume.default_axis == 2);
                    CHECK_FALSE(volume.columns_first);
                    CHECK_FALSE(volume.patient_space);
                }
}

TEST_CASE("a fourth axis of 3 or 4 is colour", "[volume][npy]") {
    const Folder folder;
    for (const int channels : {3, 4})
        for (const bool fortran : {false, true}) {
            const Known k{.channels = channels};
            const auto shape = fmt::format("(4, 3, 2, {})", channels);
            const auto path =
                folder.write("v.npy", npy(header("|u1", fortran, shape), known_bytes(VoxelType::uint8, false, fortran, !fortran, k)));
            CHECK(difference(open_volume(path), k).empty());
        }
}

TEST_CASE("bool is uint8, and a header need not look as NumPy's own", "[volume][npy]") {
    const Folder folder;
    const std::string bytes(24, '\1');
    const auto opened = [&](const std::string& text) { return refusal(folder.write("v.npy", npy(text, bytes))); };
    CHECK(open_volume(folder.write("b.npy", npy(header("|b1", false, "(4, 3, 2)"), bytes))).type == VoxelType::uint8);
    CHECK(opened("{'descr':'|b1','fortran_order':False,'shape':(4,3,2)}") == "opened");
    CHECK(opened("{ \"shape\" : ( 4L , 3L , 2L , ) ,\"fortran_order\": True, 'descr': 'u1', } ") == "opened");
    CHECK(opened("{'descr': '=u1', 'fortran_order': False, 'shape': (4, 3, 2), }") == "opened");
}

TEST_CASE("an .npy that is no volume is refused in one line that says what it is", "[volume][npy]") {
    const Folder folder;
    const auto words = [&](const std::string& descr, const std::string& shape, std::size_t bytes = 4096) {
        const std::string path = folder.write("v.npy", npy(header(descr, false, shape), std::string(bytes, '\0')));
        std::string line = refusal(path);
        const std::string prefix = "cannot read " + path + ": ";
        REQUIRE(line.starts_with(prefix));
        return line.substr(prefix.size());
    };
    CHECK(words("<u2", "()") == "it is a single number; a volume has 3 axes");
    CHECK(words("<u2", "(100,)") == "it has 1 axis (100); a volume has 3, or 4 with 3 or 4 channels of colour");
    CHECK(words("<u2", "(10, 20)") == "it has 2 axes (10 x 20); a volume has 3, or 4 with 3 or 4 channels of colour");
    CHECK(words("<u2", "(2, 2, 2, 2)") == "it has 4 axes (2 x 2 x 2 x 2); a volume has 3, or 4 with 3 or 4 channels of colour");
    CHECK(words("<u2", "(2, 2, 2, 2, 3)") == "it has 5 axes (2 x 2 x 2 x 2 x 3); a volume has 3, or 4 with 3 or 4 channels of colour");
    CHECK(words("<u2", "(4, 0, 2)") == "its axis 1 is empty (4 x 0 x 2)");
    CHECK(words("<u2", "(4, -3, 2)") == "its axis 1 has the size -3");
    CHECK(words("<u2", "(4, 3, 2)", 47) == "4 x 3 x 2 of uint16 are 48 bytes, but there are only 47");
    CHECK(words("<u2", "(4, 3, 2)", 0) == "4 x 3 x 2 of uint16 are 48 bytes, but there are only 0");
    CHECK(words("<u8", "(2147483648, 2147483648, 2147483648)") ==
          "its header promises 2147483648 x 2147483648 x 2147483648 voxels, more than any file holds");
    CHECK(words("<u8", "(99999999999999999999, 1, 1)") == "its header promises an axis longer than any file");
    const std::string wanted = "; integers, floats of 16, 32 or 64 bits, or bool are wanted";
    CHECK(words("<c8", "(4, 3, 2)") == "its voxels are complex numbers (dtype '<c8')" + wanted);
    CHECK(words("|O", "(4, 3, 2)") == "its voxels are Python objects (dtype '|O')" + wanted);
    CHECK(words("<U8", "(4, 3, 2)") == "its voxels are text (dtype '<U8')" + wanted);
    CHECK(words("<M8[us]", "(4, 3, 2)") == "its voxels are times (dtype '<M8[us]')" + wanted);
    CHECK(words("<f16", "(4, 3, 2)") == "its voxels are floats of another size (dtype '<f16')" + wanted);
    CHECK(words("<u3", "(4, 3, 2)") == "its voxels are of a type that is not known (dtype '<u3')" + wanted);
}

TEST_CASE("a broken .npy header is refused, wherever it is broken", "[volume][npy]") {
    const Folder folder;
    const auto words = [&](const std::string& file) { return refusal(folder.write("v.npy", file)); };
    const std::string strange = "cannot read " + folder.path("v.npy") + ": its header is not one that NumPy writes";
    const std::string voxels(48, '\0');
    for (const char* text :
         {"", "{", "{}", "[1, 2]", "{'descr': '<u2', 'fortran_order': False}", "{'descr': '<u2', 'shape': (4, 3, 2), }",
          "{'descr': '<u2', 'fortran_order': 0, 'shape': (4, 3, 2), }",
          "{'descr': '<u2', 'descr': '<u2', 'fortran_order': False, 'shape': (4, 3, 2), }",
          "{'descr': '<u2', 'fortran_order': False, 'shape': (4, 3, 2), 'more': 1}",
          "{'descr': '<u2', 'fortran_order': False, 'shape': (4, 3, 2), } x",
          "{'descr': '<u2', 'fortran_order': False, 'shape': (4 3 2), }", "{'descr': '<u2', 'fortran_order': False, 'shape': (24), }",
          "{'descr': '<u2', 'fortran_order': False, 'shape': (4.0, 3, 2), }", "{'descr': '<u2', 'fortran_order': False, 'shape': 4, }",
          "{'descr': u2, 'fortran_order': False, 'shape': (4, 3, 2), }"}) {
        INFO(text);
        CHECK(words(npy(text, voxels)) == strange);
    }
    CHECK(words(npy("{'descr': [('a', '<u2')], 'fortran_order': False, 'shape': (4, 3, 2), }", voxels)).find("structures") !=
          std::string::npos);
    const std::string whole = npy(header("<u2", false, "(4, 3, 2)"), voxels);
    for (std::size_t size = 6; size < whole.size(); ++size) {
        INFO("cut to " << size << " bytes");
        CHECK_THAT(words(whole.substr(0, size)),
                   ContainsSubstring(size < 128 ? "it ends inside its header" : "are 48 bytes, but there are only"));
    }
    std::string version = whole;
    version[6] = 4;
    CHECK_THAT(words(version), ContainsSubstring("it is .npy of version 4; 1, 2 and 3 are understood"));
    std::string longer = npy(header("<u2", false, "(4, 3, 2)"), voxels, 2);
    longer[11] = 1;
    CHECK_THAT(words(longer), ContainsSubstring("over the limit of 65536"));
}
