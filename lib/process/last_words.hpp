// What a command says on stderr, and what of it came last.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "process/line_splitter.hpp"

namespace framepipe {

/// Reads the pipe that is a command's stderr. One thread.
class LastWords {
public:
    /// fd    stays the caller's; -1: nothing is read
    /// take  takes each line as it comes
    LastWords(int fd, LineSplitter::Take take);

    /// -1: nothing more comes
    int fd() const { return fd_; }

    /// Reads what there is; waits if there is nothing.
    /// returns  how many bytes that were
    std::size_t read();

    /// Reads what is still in the pipe, without waiting for more.
    /// returns  the last lines
    const std::deque<std::string>& finish();

private:
    int fd_;
    std::deque<std::string> last_;
    LineSplitter lines_;
};

}  // namespace framepipe
