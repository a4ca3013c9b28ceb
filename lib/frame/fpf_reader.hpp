// Reads our own format from a descriptor or from memory.
#pragma once

#include "frame/input.hpp"

namespace framepipe {

/// Reads frames of the format from `fd`, after the bytes `ahead` that were already read from it.
/// number  of the first frame, for messages
std::unique_ptr<FrameInput> open_fpf(int fd, Bytes ahead, const InputOptions& options, std::uint64_t number = 0);

/// Reads frames from memory; payloads are parts of it, not copies.
std::unique_ptr<FrameInput> open_fpf(Bytes bytes, const InputOptions& options);

}  // namespace framepipe
