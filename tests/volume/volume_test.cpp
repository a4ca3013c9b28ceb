#include "volume/volume.hpp"

#include "catch.hpp"

using namespace framepipe;

TEST_CASE("every voxel type is found by its name and has that name's size", "[volume]") {
    for (const auto& [name, size] : std::initializer_list<std::pair<const char*, std::size_t>>{{"uint8", 1},
                                                                                               {"int8", 1},
                                                                                               {"uint16", 2},
                                                                                               {"int16", 2},
                                                                                               {"uint32", 4},
                                                                                               {"int32", 4},
                                                                                               {"uint64", 8},
                                                                                               {"int64", 8},
                                                                                               {"float16", 2},
                                                                                               {"float32", 4},
                                                                                               {"float64", 8}}) {
        INFO(name);
        const auto type = voxel_type(name);
        REQUIRE(type);
        CHECK(name_of(*type) == name);
        CHECK(size_of(*type) == size);
        CHECK(is_floating(*type) == (std::string_view(name).starts_with("float")));
    }
    CHECK_FALSE(voxel_type("complex64"));
}
