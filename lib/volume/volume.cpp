#include "volume/volume.hpp"

namespace framepipe {
namespace {

struct TypeFacts {
    VoxelType type;
    std::string_view name;
    std::size_t size;
};
constexpr std::array kTypes{
    TypeFacts{VoxelType::uint8, "uint8", 1},     TypeFacts{VoxelType::int8, "int8", 1},       TypeFacts{VoxelType::uint16, "uint16", 2},
    TypeFacts{VoxelType::int16, "int16", 2},     TypeFacts{VoxelType::uint32, "uint32", 4},   TypeFacts{VoxelType::int32, "int32", 4},
    TypeFacts{VoxelType::uint64, "uint64", 8},   TypeFacts{VoxelType::int64, "int64", 8},     TypeFacts{VoxelType::float16, "float16", 2},
    TypeFacts{VoxelType::float32, "float32", 4}, TypeFacts{VoxelType::float64, "float64", 8},
};
const TypeFacts& facts(VoxelType type) {
    return kTypes[static_cast<std::size_t>(type)];
}

}  // namespace

std::string_view name_of(VoxelType type) {
    return facts(type).name;
}

std::optional<VoxelType> voxel_type(std::string_view name) {
    for (const TypeFacts& known : kTypes)
        if (known.name == name) return known.type;
    return std::nullopt;
}

std::size_t size_of(VoxelType type) {
    return facts(type).size;
}

bool is_floating(VoxelType type) {
    return type >= VoxelType::float16;
}

}  // namespace framepipe
