// Finds the end of a JPEG, PNG or WebP that arrives bit by bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "frame/jpeg_scan.hpp"

namespace framepipe {

/// Walks the parts that a picture is made of. No byte is looked at twice, however often more come.
class PictureScan {
public:
    /// type  "image/jpeg", "image/png" or "image/webp", as sniff_image() tells it
    explicit PictureScan(std::string_view type) : type_(type) {}

    /// bytes    what there is of the picture, from its first byte on; in each call at least as much as before
    /// returns  its length, once that is known: it may be more than there is yet; 0: not known
    /// throws   Error if the picture is broken so that its end cannot be found
    std::uint64_t length(std::span<const std::byte> bytes);

    /// Lets go of bytes that were looked at, or will not be: from the next call on there are only those behind them,
    /// and lengths count from there.
    /// have     how many bytes the last call had, at most
    /// returns  how many of them
    std::size_t pass(std::size_t have);

    /// How many bytes are needed at least for length() to find out more.
    std::uint64_t needs() const { return needs_; }

private:
    std::uint64_t png_length(std::span<const std::byte> bytes);

    std::string_view type_;
    JpegScan jpeg_;
    std::uint64_t position_ = 8;  // of the next chunk of a PNG
    std::uint64_t needs_ = 12;
};

}  // namespace framepipe
