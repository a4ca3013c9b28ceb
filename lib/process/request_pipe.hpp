// Our end of a pipeline's stdin, which takes requests without waiting.
#pragma once

#include <cstddef>
#include <string>

#include "frame/frame.hpp"
#include "frame/pipe_size.hpp"

namespace framepipe {

/// Writes frames into a pipe that nobody else writes to. What the pipe does not take at once is kept, so that
/// whoever has a request can write it himself, and only a full pipe needs a thread that may wait. One thread at a time.
class RequestPipe {
public:
    enum class Taken {
        whole,
        partly,       // finish() comes before the next frame
        reader_left,  // nothing more can be written
    };

    /// fd  the end that is written to, not owned; it becomes non-blocking, which the reader's end does not
    explicit RequestPipe(int fd);

    /// throws SystemError, and Error if the header is too long
    Taken write(const Frame& frame);
    /// Writes what is left, and waits as long as that takes.
    /// returns  whole or reader_left
    /// throws   SystemError
    Taken finish();

private:
    Taken write_some();

    int fd_;
    PipeSize pipe_;
    std::string head_;
    Bytes payload_;
    std::size_t written_ = 0;  // of both
};

}  // namespace framepipe
