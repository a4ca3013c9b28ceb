// From what people type for many files to the files.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace framepipe {

/// The files that `argument` stands for, in the order in which they are played:
/// - a file's own name, whatever signs are in it;
/// - a directory: the pictures in it by the ending of their names, in natural order, not those of
///   its folders, and no hidden ones;
/// - a printf pattern (`a%d.png`, `frames/%05d.jpg`; `%%` is a percent sign): from the lowest number
///   there is to the first gap;
/// - a glob (`*`, `?`, `[...]`): all files that match, in natural order.
/// throws Error that says what was not found
std::vector<std::string> expand_files(const std::string& argument);

/// The names in a folder that are wanted, in natural order, directories left out; none if there is no such folder.
std::vector<std::string> files_where(const std::string& folder, const std::function<bool(std::string_view name)>& wanted);

/// True if there is something at the path, and if that is a directory; links are followed.
bool exists(const std::string& path);
bool is_directory(const std::string& path);

/// True if the name ends as pictures' names do (".jpg", ".PNG", ".tiff").
bool has_picture_ending(std::string_view name);

}  // namespace framepipe
