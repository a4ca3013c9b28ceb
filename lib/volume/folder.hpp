// What is in a folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace framepipe {

/// The regular files in the folder, in natural order, no hidden ones and none of its folders.
/// throws SystemError: it cannot be read
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder);

/// Up to `size` bytes from the file's beginning.
/// throws SystemError: it cannot be opened or read
std::string first_bytes(const std::filesystem::path& file, std::size_t size);

}  // namespace framepipe
