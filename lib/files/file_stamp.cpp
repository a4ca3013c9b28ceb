#include "files/file_stamp.hpp"

#include <sys/stat.h>

#include "frame/clock.hpp"

namespace framepipe {
namespace {

// File systems count time in ticks of some milliseconds: two writes within one look the same from outside.
constexpr std::int64_t kTickNs = 100'000'000;

std::int64_t nanoseconds(const timespec& time) {
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

FileStamp stamp(const struct stat& status) {
    return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size), nanoseconds(status.st_mtim),
            nanoseconds(status.st_ctim)};
}

}  // namespace

bool FileStamp::settled() const {
    return now_us() * 1000 - status_ns > kTickNs;
}

std::optional<FileStamp> stamp_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? std::optional(stamp(status)) : std::nullopt;
}

std::optional<FileStamp> stamp_of(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 ? std::optional(stamp(status)) : std::nullopt;
}

}  // namespace framepipe
