// When a stage takes up its next live frame: lateness through chains of stages.
//
// A stage that reads ahead of a slow one makes a queue of one frame a stage, and each frame waits
// once for every frame before it. So while the stage's own output is the slow side, the last byte of
// the frame in hand stays unread in the input pipe until that frame has been read downstream. The
// writer upstream sees a pipe that is not empty (FIONREAD), holds its next frame back, and leaves its
// own last byte unread; and so on up to the source, which alone drops. One frame waits behind the
// slow stage, however many stages there are. While everybody keeps up, nothing is held and all
// stages work at once. At the start nobody knows who is slow: a stage's output is taken to be until it has been read at
// once some times.
#pragma once

#include "frame/descriptor.hpp"

#include <cstddef>

namespace framepipe {

class FrameWriter;

/// The gate between one input descriptor and the writer behind it. One thread at a time.
class LiveGate {
public:
    /// downstream  null: the gate is always open
    LiveGate(int input, const FrameWriter* downstream);

    /// Call before each frame: waits while the gate is closed and the last frame is unread downstream.
    /// input_ahead  bytes of the next frame have been read already
    /// returns      false if the reader downstream has left meanwhile
    bool before_read(bool input_ahead);

    /// True: leave the last byte of the next live frame in the input.
    bool closed() const { return closed_; }

    /// The frame's last byte, without taking it. Blocks until it is there.
    /// returns  false at the end of input
    bool peek_last(std::byte& last);

    /// Call after each frame with whether it was live.
    void frame_taken(bool live) { last_was_live_ = live; }

private:
    void take_last();

    int input_;
    const FrameWriter* downstream_;
    bool is_pipe_ = false;
    bool is_socket_ = false;
    bool closed_ = false;
    int prompt_ = 0;  // frames in a row that were read downstream at once
    bool last_was_live_ = false;
    bool byte_held_ = false;
    Descriptor scratch_read_;
    Descriptor scratch_write_;
};

/// Waits until a descriptor that somebody else made non-blocking can be read.
void wait_readable(int fd);

}  // namespace framepipe
