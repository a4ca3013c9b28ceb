// Files as memory, read when they are looked at.
#pragma once

#include <filesystem>

#include "frame/bytes.hpp"

namespace framepipe {

/// The bytes of a file, mapped read-only; the mapping ends with the last copy of them. Nothing is read yet.
/// The length is the one that the file has now, and what is taken from the bytes must be checked against it. A file
/// that somebody cuts short while it is mapped can no longer be read: the system then ends the process with SIGBUS,
/// as it does with every program that maps files. Whoever replaces a volume in use puts the new file in the old one's
/// place (rename), which leaves the mapped one whole.
/// throws SystemError: it cannot be opened or mapped; Error: it is a folder, a pipe or a device
Bytes map_file(const std::filesystem::path& path);

}  // namespace framepipe
