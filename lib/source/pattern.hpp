// The picture of `test:`: colour bars, something that moves, the frame's number and a clock.
#pragma once

#include <cstdint>
#include <string>

#include "frame/bytes.hpp"
#include "image/paint.hpp"
#include "image/pixel_format.hpp"

namespace framepipe {

/// Draws test pictures of any size and pixel format. What never changes is drawn once; a picture is a
/// copy of that with the moving parts over it. One thread at a time.
class Pattern {
public:
    Pattern(Extent extent, PixelFormat format);

    /// The picture of this number: `#NUMBER` above `HH:MM:SS.mmm`, the local time of `time_us`.
    Bytes draw(std::uint64_t number, std::int64_t time_us) const;

    /// A header with type, format and size.
    Header header() const;

    Extent extent() const { return extent_; }

private:
    void text(std::span<std::byte> picture, std::string_view words, std::int64_t y) const;

    Extent extent_;
    PixelFormat format_;
    std::uint32_t scale_;  // pixels a dot of the letters
    std::int64_t number_y_;
    std::int64_t clock_y_;
    Rect lane_;  // where the box moves
    Ink black_, white_;
    Block background_;
};

/// `HH:MM:SS.mmm` of a time, in the local time zone.
std::string clock_text(std::int64_t time_us);

}  // namespace framepipe
