// What a pipeline that answers says of itself.
#pragma once

#include <memory>
#include <string>

#include "frame/frame.hpp"

namespace framepipe {

/// In the environment of pipelines that answer requests, with the value 1: somebody reads descriptions.
inline constexpr const char* kRespondVariable = "FRAMEPIPE_RESPOND";

/// A JSON object. Shared by all who tell it on; never changes.
using Description = std::shared_ptr<const std::string>;

/// The longest one that is taken, bytes: it goes to every client.
inline constexpr std::size_t kMaxDescription = 64 << 10;

/// True of a frame that describes its pipeline rather than answers a request.
bool is_description(const Header& header);

/// throws Error if it is too long or no JSON object
Description read_description(const Frame& frame);

}  // namespace framepipe
