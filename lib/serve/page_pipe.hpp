// The way of memory to many sockets as it is, by its pages.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>

#include "frame/descriptor.hpp"

namespace framepipe::serve {

/// The way of pages to a socket: vmsplice(2) refers to them, splice(2) hands the references over, and nothing
/// is copied. Seven to nine tenths of the work of send(2) where 100 kB go to many. One thread.
class PagePipe {
public:
    /// Takes nothing for ever if there is no pipe to be had, or the system has no such calls, as in some sandboxes.
    PagePipe();

    /// True if anything can be sent.
    bool open() const { return static_cast<bool>(way_in_); }

    /// Sends what the socket takes of the bytes, or of the first of many; they are part of Pages, see pages.hpp.
    /// returns  the number of bytes, or -1 and errno
    ssize_t send(int socket, std::span<const std::byte> bytes);

private:
    void clear();

    Descriptor nowhere_;
    Descriptor way_in_, way_out_;  // empty between the calls
};

}  // namespace framepipe::serve
