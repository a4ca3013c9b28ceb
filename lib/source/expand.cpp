#include "source/expand.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "frame/ascii.hpp"
#include "frame/error.hpp"
#include "frame/natural_order.hpp"
#include "source/number_pattern.hpp"

namespace framepipe {

namespace {

constexpr std::array<std::string_view, 20> kPictureEndings{"jpg", "jpeg", "jpe", "png", "webp", "bmp", "dib", "tif", "tiff", "ppm",
                                                           "pgm", "pnm",  "pam", "pbm", "jp2",  "exr", "hdr", "pic", "sr",   "ras"};

/// nullopt, with errno: it cannot be opened.
std::optional<std::vector<std::string>> try_names_in(const std::string& folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
    if (!directory) return std::nullopt;
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(directory.get())) names.emplace_back(entry->d_name);
    return names;
}

std::vector<std::string> names_in(const std::string& folder) {
    auto names = try_names_in(folder);
    if (!names) throw SystemError("cannot open the directory " + folder, errno);
    return std::move(*names);
}

std::string joined(const std::string& folder, const std::string& name) {
    return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

std::vector<std::string> pictures_in(const std::string& folder) {
    names_in(folder);  // throws if it cannot be opened
    auto files = files_where(folder, [](std::string_view name) { return !name.starts_with('.') && has_picture_ending(name); });
    if (files.empty()) throw Error(fmt::format("no pictures in the directory {}", folder));
    for (auto& file : files) file = joined(folder, file);
    return files;
}

/// The lowest number for which the pattern names a file.
std::optional<std::uint64_t> lowest_number(const NumberPattern& pattern) {
    std::optional<std::uint64_t> lowest;
    for (const auto& name : names_in(pattern.folder())) {
        const auto number = pattern.number_in(name);
        if (number && (!lowest || *number < *lowest) && exists(pattern.path(*number))) lowest = number;
    }
    return lowest;
}

std::vector<std::string> numbered_files(const std::string& text, const NumberPattern& pattern) {
    const auto lowest = lowest_number(pattern);
    if (!lowest) throw Error(fmt::format("no file matches {}", text));
    std::vector<std::string> files;
    for (auto number = *lowest;; ++number) {
        auto path = pattern.path(number);
        if (!exists(path)) return files;
        files.push_back(std::move(path));
    }
}

std::vector<std::string> globbed_files(const std::string& pattern) {
    glob_t found{};
    const int result = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
    const std::unique_ptr<glob_t, void (*)(glob_t*)> release(&found, ::globfree);
    std::vector<std::string> files;
    if (result == 0) {
        for (std::size_t i = 0; i < found.gl_pathc; ++i) {
            if (!is_directory(found.gl_pathv[i])) files.emplace_back(found.gl_pathv[i]);
        }
    }
    if (files.empty()) throw Error(fmt::format("no file matches {}", pattern));
    std::sort(files.begin(), files.end(), natural_less);
    return files;
}

}  // namespace

bool is_directory(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool exists(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0;
}

bool has_picture_ending(std::string_view name) {
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return false;
    const std::string ending = lower(name.substr(dot + 1));
    return std::find(kPictureEndings.begin(), kPictureEndings.end(), ending) != kPictureEndings.end();
}

std::vector<std::string> files_where(const std::string& folder, const std::function<bool(std::string_view)>& wanted) {
    std::vector<std::string> files = try_names_in(folder).value_or(std::vector<std::string>());
    std::erase_if(files, [&](const std::string& name) { return !wanted(name) || is_directory(joined(folder, name)); });
    std::sort(files.begin(), files.end(), natural_less);
    return files;
}

std::vector<std::string> expand_files(const std::string& argument) {
    if (is_directory(argument)) return pictures_in(argument);
    struct stat status {};
    if (::stat(argument.c_str(), &status) == 0) return {argument};
    const int reason = errno;
    if (const auto pattern = number_pattern(argument)) return numbered_files(argument, *pattern);
    if (argument.find_first_of("*?[") != std::string::npos) return globbed_files(argument);
    throw SystemError("cannot open " + argument, reason);
}

}  // namespace framepipe
