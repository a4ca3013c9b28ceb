// The answer to a request that cannot be done.
#pragma once

#include <string>

#include "frame/frame.hpp"

namespace framepipe {

/// text/plain with `error`, and `why` as its text. All other keys of `header`, the request's, stay, but those that
/// describe pixels.
Frame error_frame(Header header, const std::string& why);

}  // namespace framepipe
