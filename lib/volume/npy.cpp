#include "volume/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frame/error.hpp"
#include "volume/byte_order.hpp"
#include "volume/dense.hpp"

namespace framepipe {
namespace {

constexpr std::string_view kNpyMagic("\x93NUMPY", 6);
/// NumPy itself refuses headers of more than 10,000 bytes unless told otherwise; those of a volume have about 100.
constexpr std::size_t kMaxHeader = 65536;

/// What a header says.
struct NpyHeader {
    std::string descr;
    bool fortran_order = false;
    std::vector<std::int64_t> shape;
};

/// Reads a header: a Python dictionary as NumPy writes it, with just these three keys in any order.
class HeaderParser {
public:
    explicit HeaderParser(std::string_view text) : rest_(text) {}

    NpyHeader parse() {
        NpyHeader header;
        expect('{');
        bool descr = false, order = false, shape = false;
        while (!take('}')) {
            const std::string key = string();
            expect(':');
            if (key == "descr" && !descr) {
                descr = true;
                if (next() == '[') throw Error("its voxels are structures (a dtype of several fields); numbers are wanted");
                header.descr = string();
            } else if (key == "fortran_order" && !order) {
                order = true;
                header.fortran_order = boolean();
            } else if (key == "shape" && !shape) {
                shape = true;
                header.shape = tuple();
            } else {
                broken();
            }
            if (!take(',') && next() != '}') broken();
        }
        next();
        if (!rest_.empty() || !descr || !order || !shape) broken();
        return header;
    }

private:
    [[noreturn]] static void broken() { throw Error("its header is not one that NumPy writes"); }

    /// The next sign that is no space; 0: there is none.
    char next() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n\r"), rest_.size()));
        return rest_.empty() ? '\0' : rest_.front();
    }
    bool take(char sign) {
        if (next() != sign || rest_.empty()) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char sign) {
        if (!take(sign)) broken();
    }
    bool take_word(std::string_view word) {
        next();
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    std::string string() {
        const char quote = next();
        if (quote != '\'' && quote != '"') broken();
        const auto end = rest_.find(quote, 1);
        if (end == std::string_view::npos) broken();
        std::string text(rest_.substr(1, end - 1));
        if (text.find_first_of("\\\n") != std::string::npos) broken();
        rest_.remove_prefix(end + 1);
        return text;
    }
    bool boolean() {
        if (take_word("True")) return true;
        if (take_word("False")) return false;
        broken();
    }
    std::int64_t integer() {
        next();
        std::int64_t value = 0;
        const auto [end, result] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (result == std::errc::result_out_of_range) throw Error("its header promises an axis longer than any file");
        if (result != std::errc()) broken();
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        take('L');  // as Python 2 wrote them
        return value;
    }
    std::vector<std::int64_t> tuple() {
        std::vector<std::int64_t> numbers;
        expect('(');
        while (!take(')')) {
            numbers.push_back(integer());
            if (!take(',') && (next() != ')' || numbers.size() == 1)) broken();  // (5) is no tuple, (5,) is
        }
        return numbers;
    }

    std::string_view rest_;
};

[[noreturn]] void refuse_type(std::string_view descr, std::string_view what) {
    throw Error(fmt::format("its voxels are {} (dtype '{}'); integers, floats of 16, 32 or 64 bits, or bool are wanted", what, descr));
}

/// Sets the type and the byte order from a dtype: "<u2".
void set_type(Dense& dense, std::string_view descr) {
    std::string_view rest = descr;
    dense.big_endian = kNativeBig;
    if (!rest.empty() && std::string_view("<>|=").find(rest.front()) != std::string_view::npos) {
        if (rest.front() == '<') dense.big_endian = false;
        if (rest.front() == '>') dense.big_endian = true;
        rest.remove_prefix(1);
    }
    constexpr std::pair<std::string_view, VoxelType> kKinds[] = {
        {"b1", VoxelType::uint8}, {"u1", VoxelType::uint8},   {"i1", VoxelType::int8},    {"u2", VoxelType::uint16},
        {"i2", VoxelType::int16}, {"u4", VoxelType::uint32},  {"i4", VoxelType::int32},   {"u8", VoxelType::uint64},
        {"i8", VoxelType::int64}, {"f2", VoxelType::float16}, {"f4", VoxelType::float32}, {"f8", VoxelType::float64},
    };
    for (const auto& [kind, type] : kKinds) {
        if (rest != kind) continue;
        dense.type = type;
        return;
    }
    switch (rest.empty() ? '\0' : rest.front()) {
        case 'c':
            refuse_type(descr, "complex numbers");
        case 'O':
            refuse_type(descr, "Python objects");
        case 'S':
        case 'a':
        case 'U':
            refuse_type(descr, "text");
        case 'M':
        case 'm':
            refuse_type(descr, "times");
        case 'V':
            refuse_type(descr, "raw records");
        case 'f':
            refuse_type(descr, "floats of another size");
        default:
            refuse_type(descr, "of a type that is not known");
    }
}

}  // namespace

bool is_npy(std::span<const std::byte> bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with(kNpyMagic);
}

Volume read_npy(const Bytes& file) {
    if (!is_npy(file)) throw Error("it does not begin as an .npy file does");
    const auto bytes = file.span();
    if (bytes.size() < 10) throw Error("it ends inside its header");
    const int version = std::to_integer<int>(bytes[6]);
    if (version < 1 || version > 3) throw Error(fmt::format("it is .npy of version {}; 1, 2 and 3 are understood", version));
    if (version > 1 && bytes.size() < 12) throw Error("it ends inside its header");
    const std::size_t start = version == 1 ? 10 : 12;
    const std::size_t length = version == 1 ? load<std::uint16_t>(bytes, 8, false) : load<std::uint32_t>(bytes, 8, false);
    if (length > kMaxHeader) throw Error(fmt::format("its header says to be {} bytes long, over the limit of {}", length, kMaxHeader));
    if (length > bytes.size() - start) throw Error("it ends inside its header");

    const NpyHeader header = HeaderParser(file.text().substr(start, length)).parse();
    Dense dense;
    dense.shape = header.shape;
    dense.first_fastest = header.fortran_order;
    set_type(dense, header.descr);
    if (dense.shape.size() == 4 && (dense.shape[3] == 3 || dense.shape[3] == 4)) dense.channel_axis = 3;
    return dense_volume(file.part(start + length, bytes.size() - start - length), dense);
}

}  // namespace framepipe
