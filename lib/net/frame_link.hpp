// Where frames go: a server, or a broker.
#pragma once

#include <cstdint>

#include "frame/frame.hpp"

namespace framepipe {

/// One thread puts frames in, another one runs it. Live pictures that wait give way to newer ones.
class FrameLink {
public:
    virtual ~FrameLink() = default;

    /// Lets a frame wait; itself waits while many do that must all be sent.
    /// returns  false if none are sent any more
    virtual bool put(Frame frame) = 0;
    /// No more frames come.
    virtual void end() = 0;

    /// Sends until the end, or until told to stop.
    /// throws Error if the other side cannot be what was meant, or will have none of the frames; see KeptLink
    virtual void run() = 0;

    /// Live pictures that were replaced by newer ones.
    virtual std::uint64_t dropped() const = 0;
};

}  // namespace framepipe
