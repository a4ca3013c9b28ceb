// The newest frame of an input, for commands that are slower than it.
#pragma once

#include "frame/input.hpp"

namespace framepipe {

/// Wraps `inner`, which reads `fd`: a thread reads it, and next() gives the newest picture of each stream; other frames
/// (text, requests, ends) keep their place. While `downstream` (may be null) is blocked, at most one
/// frame is taken up, or a chain of stages would never notice that nobody reads; afterwards next() gives
/// the newest of what came meanwhile.
std::unique_ptr<FrameInput> newest_only(std::unique_ptr<FrameInput> inner, int fd, const FrameWriter* downstream);

}  // namespace framepipe
