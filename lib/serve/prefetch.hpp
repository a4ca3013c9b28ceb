// Memory that is on its way before it is needed.
#pragma once

#include <cstddef>

namespace framepipe::serve {

/// Asks for an object's memory, without waiting for it. With many viewers each one's has left the caches since the last
/// picture; while one viewer is sent to, the next one's can come.
template <typename Object>
void prefetch(const Object& object) {
    constexpr std::size_t kLine = 64;
    const auto* const first = reinterpret_cast<const std::byte*>(&object);
    for (std::size_t at = 0; at < sizeof object; at += kLine) __builtin_prefetch(first + at, 1);
}

}  // namespace framepipe::serve
