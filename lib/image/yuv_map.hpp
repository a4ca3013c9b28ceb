// What YUV numbers mean, and the same colours in numbers of another range or matrix.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "image/pixel_format.hpp"

namespace framepipe {

/// How YUV numbers are to be read.
struct YuvKind {
    Range range = Range::limited;
    Matrix matrix = Matrix::bt601;
    friend bool operator==(const YuvKind&, const YuvKind&) = default;
};

/// Takes rows of YUV numbers of one kind to another, each value right after rounding once.
/// source: ITU-R BT.601 and BT.709; JFIF for full range
class YuvMap {
public:
    YuvMap(YuvKind from, YuvKind to);

    /// Nothing is to be done.
    bool identity() const { return from_ == to_; }
    /// Luma depends on chroma, too.
    bool mixes() const { return from_.matrix != to_.matrix; }

    /// `n` samples of luma; in place is fine. Only if !mixes().
    void luma(const std::uint8_t* y, std::uint8_t* out, std::size_t n) const;
    /// The same where luma depends on chroma, which has one sample for each `step` (1 or 2) of luma.
    void luma(const std::uint8_t* y, const std::uint8_t* u, const std::uint8_t* v, std::size_t step, std::uint8_t* out,
              std::size_t n) const;
    /// `n` samples of both chromas; in place is fine.
    void chroma(const std::uint8_t* u, const std::uint8_t* v, std::uint8_t* out_u, std::uint8_t* out_v, std::size_t n) const;

private:
    YuvKind from_, to_;
    std::array<std::uint8_t, 256> luma_table_{};
    std::array<std::uint8_t, 256> chroma_table_{};
    // For another matrix, in 1/65536: luma = ly Y + lu U + lv V, and so on; offsets include the rounding.
    std::int32_t ly_ = 0, lu_ = 0, lv_ = 0, l_offset_ = 0;
    std::int32_t uu_ = 0, uv_ = 0, vu_ = 0, vv_ = 0, u_offset_ = 0, v_offset_ = 0;
};

/// A row of `n` RGB pixels of three bytes from YUV of some kind; chroma has one sample for each `step` pixels.
void rgb_from_yuv(YuvKind kind, const std::uint8_t* y, const std::uint8_t* u, const std::uint8_t* v, std::size_t step, std::uint8_t* rgb,
                  std::size_t n);

/// The luma of `n` RGB pixels.
void luma_from_rgb(YuvKind kind, const std::uint8_t* rgb, std::uint8_t* y, std::size_t n);

/// Both chromas of `n` groups of RGB pixels: `sums` has, three numbers a group, the sums of r, g and b over its
/// `count` (1, 2 or 4) pixels.
void chroma_from_rgb(YuvKind kind, const std::uint16_t* sums, unsigned count, std::uint8_t* u, std::uint8_t* v, std::size_t n);

}  // namespace framepipe
