// What somebody who looks at a volume asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "image/pixel_format.hpp"
#include "volume/intensity.hpp"

namespace framepipe {

/// Ranges that have a name: what the file or most of the values want, and from the smallest value to the largest.
enum class NamedRange { automatic, full };
using RangeWish = std::variant<NamedRange, ValueRange>;

/// The longest text of a request.
inline constexpr std::size_t kLongestRequest = 65536;
/// The longest side of a picture that can be asked for.
inline constexpr std::uint32_t kLongestSide = 4096;

/// What is absent is not asked for.
struct SliceRequest {
    std::optional<std::int64_t> index;
    std::optional<double> position;  // 0 to 1, instead of the index
    std::optional<std::string> axis;
    std::optional<double> window, level;  // window is over 0; not with a range
    std::optional<RangeWish> range;
    std::optional<std::string> colormap;
    std::optional<bool> invert;
    std::optional<Extent> size;  // what the picture is to fit into
    bool describe = false;
};

/// A request as text: a whole number, which is the index, or a JSON object (RFC 8259) with any of the keys that
/// framepipe's render-slice(1) lists. White space around it does not count.
/// indices  what messages say an index is: "an index from 0 to 9"
/// throws   Error that says what is wrong and what is understood
SliceRequest parse_slice_request(std::string_view text, std::string_view indices);

/// "MIN:MAX", "auto" or "full".
/// throws Error
RangeWish parse_range(std::string_view text);

/// "640x480", each side 1 to kLongestSide.
/// throws Error
Extent parse_slice_size(std::string_view text);

}  // namespace framepipe
