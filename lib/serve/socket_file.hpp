// The file of a Unix socket that listens.
#pragma once

#include <sys/types.h>

#include <string>

#include "frame/descriptor.hpp"

namespace framepipe::serve {

/// Removes the file in the destructor, unless another socket has taken its place by then.
class SocketFile {
public:
    SocketFile() = default;
    SocketFile(SocketFile&& other) noexcept;
    SocketFile& operator=(SocketFile&& other) noexcept;
    ~SocketFile();

    /// Makes the file, for whom the umask lets connect, and listens on it. A file that a server left
    /// behind when it died is replaced; one on which somebody listens is not.
    /// throws Error
    static SocketFile listen(const std::string& path, int backlog, Descriptor& socket);

private:
    std::string path_;  // empty: there is nothing to remove
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace framepipe::serve
