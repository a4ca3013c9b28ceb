#include "volume/nifti_header.hpp"

#include <cmath>
#include <cstring>
#include <string_view>

#include "volume/byte_order.hpp"

// The header is taken apart here: of Debian's nifti library (3.0.1), nifti_convert_n1hdr2nim() crashes on headers that
// are broken in the right place, and prints to stderr whatever its debug level is.

namespace framepipe {
namespace {

constexpr std::size_t kSize1 = 348;
constexpr std::size_t kSize2 = 540;

/// Where the fields are, and what they are made of (nifti1.h and nifti2.h of the standard).
struct Nifti1 {
    using Dim = std::int16_t;
    using Real = float;
    using Offset = float;
    using Code = std::int16_t;
    using Units = std::int8_t;
    static constexpr std::size_t dim = 40, datatype = 70, pixdim = 76, vox_offset = 108, scl_slope = 112, scl_inter = 116, xyzt_units = 123,
                                 cal_max = 124, cal_min = 128, qform_code = 252, sform_code = 254, quatern = 256, qoffset = 268, srow = 280;
};
struct Nifti2 {
    using Dim = std::int64_t;
    using Real = double;
    using Offset = std::int64_t;
    using Code = std::int32_t;
    using Units = std::int32_t;
    static constexpr std::size_t dim = 16, datatype = 12, pixdim = 104, vox_offset = 168, scl_slope = 176, scl_inter = 184,
                                 xyzt_units = 500, cal_max = 192, cal_min = 200, qform_code = 344, sform_code = 348, quatern = 352,
                                 qoffset = 376, srow = 400;
};

template <typename Layout>
void read_fields(NiftiHeader& header, std::span<const std::byte> head, bool analyze) {
    const auto real = [&](std::size_t at, std::size_t i = 0) -> double {
        return load<typename Layout::Real>(head, at + i * sizeof(typename Layout::Real), header.big_endian);
    };
    for (std::size_t i = 0; i < 8; ++i) {
        header.dim[i] = load<typename Layout::Dim>(head, Layout::dim + i * sizeof(typename Layout::Dim), header.big_endian);
        header.pixdim[i] = real(Layout::pixdim, i);
    }
    header.datatype = load<std::int16_t>(head, Layout::datatype, header.big_endian);
    header.vox_offset = static_cast<double>(load<typename Layout::Offset>(head, Layout::vox_offset, header.big_endian));
    if (analyze) return;
    header.scl_slope = real(Layout::scl_slope);
    header.scl_inter = real(Layout::scl_inter);
    header.cal_min = real(Layout::cal_min);
    header.cal_max = real(Layout::cal_max);
    header.xyzt_units = load<typename Layout::Units>(head, Layout::xyzt_units, header.big_endian);
    header.qform_code = load<typename Layout::Code>(head, Layout::qform_code, header.big_endian);
    header.sform_code = load<typename Layout::Code>(head, Layout::sform_code, header.big_endian);
    for (std::size_t i = 0; i < 3; ++i) {
        header.quatern[i] = real(Layout::quatern, i);
        header.qoffset[i] = real(Layout::qoffset, i);
        for (std::size_t j = 0; j < 4; ++j) header.srow[i][j] = real(Layout::srow, 4 * i + j);
    }
}

}  // namespace

std::optional<NiftiHeader> parse_nifti_header(std::span<const std::byte> head) {
    const auto magic = [&](std::size_t at, std::string_view text) { return std::memcmp(head.data() + at, text.data(), text.size()) == 0; };
    NiftiHeader header;
    for (const bool big_endian : {false, true}) {
        header.big_endian = big_endian;
        if (head.size() >= kSize1 && load<std::int32_t>(head, 0, big_endian) == static_cast<std::int32_t>(kSize1)) {
            header.size = kSize1;
            header.one_file = magic(344, std::string_view("n+1\0", 4));
            read_fields<Nifti1>(header, head, !header.one_file && !magic(344, std::string_view("ni1\0", 4)));
            return header;
        }
        if (head.size() >= kSize2 && load<std::int32_t>(head, 0, big_endian) == static_cast<std::int32_t>(kSize2)) {
            header.size = kSize2;
            header.one_file = magic(4, std::string_view("n+2\0", 4));
            if (!header.one_file && !magic(4, std::string_view("ni2\0", 4))) continue;
            read_fields<Nifti2>(header, head, false);
            return header;
        }
    }
    return std::nullopt;
}

PatientSpace qform_of(const NiftiHeader& header) {
    auto [b, c, d] = header.quatern;
    const double rest = 1 - (b * b + c * c + d * d);
    double a = 0;
    if (rest < 1e-7) {  // half a turn, but for rounding
        const double length = std::sqrt(b * b + c * c + d * d);
        b /= length;
        c /= length;
        d /= length;
    } else {
        a = std::sqrt(rest);
    }
    const std::array<std::array<double, 3>, 3> turn{{{a * a + b * b - c * c - d * d, 2 * b * c - 2 * a * d, 2 * b * d + 2 * a * c},
                                                     {2 * b * c + 2 * a * d, a * a + c * c - b * b - d * d, 2 * c * d - 2 * a * b},
                                                     {2 * b * d - 2 * a * c, 2 * c * d + 2 * a * b, a * a + d * d - c * c - b * b}}};
    PatientSpace space{};
    for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const double spacing = std::fabs(header.pixdim[axis + 1]);
            space[row][axis] = turn[row][axis] * (spacing > 0 ? spacing : 1);
        }
        if (header.pixdim[0] < 0) space[row][2] = -space[row][2];  // qfac
        space[row][3] = header.qoffset[row];
    }
    return space;
}

}  // namespace framepipe
