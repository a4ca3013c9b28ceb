#include "serve/socket_file.hpp"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "frame/error.hpp"

namespace framepipe::serve {
namespace {

/// The socket that a file is, for bind() and connect().
sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

/// True if the socket's file is there and nobody listens on it any more.
bool is_left_behind(const sockaddr_un& address) {
    struct stat status {};
    if (lstat(address.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return probe && connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
}

}  // namespace

SocketFile::SocketFile(SocketFile&& other) noexcept : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    return *this;
}

SocketFile::~SocketFile() {
    struct stat status {};
    if (path_.empty() || lstat(path_.c_str(), &status) != 0) return;
    if (status.st_dev == device_ && status.st_ino == inode_) unlink(path_.c_str());
}

SocketFile SocketFile::listen(const std::string& path, int backlog, Descriptor& socket) {
    const std::string attempt = "cannot listen on unix:" + path;
    if (constexpr std::size_t most = sizeof(sockaddr_un::sun_path) - 1; path.size() > most)
        throw Error(fmt::format("{}: a path of {} bytes, where a socket's can have {}", attempt, path.size(), most));
    const sockaddr_un address = address_of(path);
    const auto bind_file = [&] { return bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0; };

    socket = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) throw SystemError(attempt, errno);
    // Two servers that replace the same file at once would each remove the other's.
    const auto folder = std::filesystem::path(path).parent_path();
    const Descriptor lock(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock) flock(lock.get(), LOCK_EX);
    if (!bind_file()) {
        const int reason = errno;
        if (reason != EADDRINUSE || !is_left_behind(address)) throw SystemError(attempt, reason);
        if (unlink(path.c_str()) != 0 || !bind_file()) throw SystemError(attempt, errno);
    }
    SocketFile file;
    struct stat status {};
    if (::listen(socket.get(), backlog) != 0 || lstat(path.c_str(), &status) != 0) throw SystemError(attempt, errno);
    // Absolute, for a server that changes its folder.
    file.path_ = std::filesystem::absolute(path);
    file.device_ = status.st_dev;
    file.inode_ = status.st_ino;
    return file;
}

}  // namespace framepipe::serve
