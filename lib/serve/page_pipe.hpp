// A file's pages on their way to many sockets at once.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "frame/descriptor.hpp"

namespace framepipe::serve {

/// Holds the pages of one file at a time in a pipe, from where each socket gets them by tee(2) and splice(2).
/// sendfile(2) would look every page up again for every socket, about a sixth of what it costs. One thread.
class PagePipe {
public:
    /// Holds nothing for ever if there are no pipes to be had.
    PagePipe();

    /// Takes up the file's first `size` bytes, in place of what it held; nothing if they do not fit.
    void load(int file, std::size_t size);
    /// Lets them go.
    void unload();
    /// True if it holds the pages of this file.
    bool holds(int file) const { return file_ == file; }

    /// Sends what the socket takes of the bytes, from the first one on.
    /// returns  the number of bytes, or -1 and errno
    ssize_t send(int socket);

private:
    struct Pipe {
        Descriptor read_end, write_end;
    };
    void clear(Pipe& pipe);

    Descriptor nowhere_;
    Pipe pages_;
    Pipe way_;  // to the socket; empty between the calls
    int file_ = -1;
    std::size_t size_ = 0;
};

}  // namespace framepipe::serve
