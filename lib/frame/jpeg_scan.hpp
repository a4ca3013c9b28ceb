// Finds the end of a JPEG in bytes that arrive bit by bit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace framepipe {

/// Walks the markers of one JPEG. No byte is looked at twice, however often more bytes come.
/// source  ITU-T T.81, annex B
class JpegScan {
public:
    /// bytes    what there is of the picture, from its SOI on; in each call at least as much as before
    /// returns  its length, up to and with its own EOI; 0: it is not whole yet. Damage inside does
    ///          not stop the walk: the next marker is searched; the SOI of another picture ends one
    ///          that has no EOI.
    std::size_t scan(std::span<const std::byte> bytes);

    /// Lets go of bytes that were looked at, or will not be: the next call's begin behind them.
    /// have     how many bytes the last call had, at most
    /// returns  how many of them
    std::size_t pass(std::size_t have) {
        const std::size_t passed = std::min(have, position_ - 1);  // 0 would be no length
        position_ -= passed;
        return passed;
    }

    /// From the frame header (SOF), once that was seen; else 0.
    std::uint32_t width() const { return width_; }
    std::uint32_t height() const { return height_; }

private:
    std::size_t position_ = 2;  // the next byte to look at
    std::uint32_t width_ = 0;
    std::uint32_t height_ = 0;
};

}  // namespace framepipe
