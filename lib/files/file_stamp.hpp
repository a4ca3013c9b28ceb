// Whether a file is still the same: told from outside, without reading it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace framepipe {

/// What a file system notes about a file's contents. Two that are equal are the same contents, unless the file was
/// written twice within one tick of the file system's clock: see settled().
struct FileStamp {
    std::uint64_t device = 0, file = 0, size = 0;
    std::int64_t modified_ns = 0, status_ns = 0;  // since the UNIX epoch

    /// True once the file has been left alone for longer than a tick, so that any further write will show.
    bool settled() const;
    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// nullopt, with errno: it is not there, or cannot be looked at.
std::optional<FileStamp> stamp_of(const std::string& path);
std::optional<FileStamp> stamp_of(int fd);

}  // namespace framepipe
