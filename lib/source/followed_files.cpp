#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "frame/error.hpp"
#include "source/expand.hpp"
#include "source/finished_pictures.hpp"
#include "source/number_pattern.hpp"

namespace framepipe {

namespace {

struct Place {
    std::string folder;  // as the path has it, with its slash; empty: none
    std::string name;

    /// What to open for the folder.
    std::string open_as() const { return folder.empty() ? "." : folder; }
};

Place place_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return {"", path};
    return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

void say_waiting(const std::string& what, const Say& say) {
    if (say.notice) say.notice(fmt::format("waiting for {}", what));
}

/// What comes after the files of `folder` whose names are `wanted`.
FinishedPictures::Group group(const std::string& folder, std::function<bool(std::string_view)> wanted) {
    const std::string open_as = folder.empty() ? "." : folder;
    return {{open_as, std::move(wanted)}, [folder](const std::string& name) { return folder + name; }};
}

FinishedPictures::Group group_of(const std::string& argument) {
    const bool is_glob = argument.find_first_of("*?[") != std::string::npos;
    const Place place = place_of(argument);
    const auto pattern = number_pattern(argument);
    if (pattern && !is_directory(argument)) {
        const bool in_name = pattern->after.find('/') == std::string::npos;
        if (!in_name) throw UsageError(fmt::format("--follow {}: the number must be in the file's name, not in its folder's", argument));
        return group(place.folder, [pattern = *pattern](std::string_view name) { return pattern.number_in(name).has_value(); });
    }
    if (is_glob && !is_directory(argument)) {
        if (place.folder.find_first_of("*?[") != std::string::npos)
            throw UsageError(fmt::format("--follow {}: the glob must be in the file's name, not in its folder's", argument));
        return group(place.folder, [glob = place.name](std::string_view name) {
            return ::fnmatch(glob.c_str(), std::string(name).c_str(), FNM_PERIOD) == 0;
        });
    }
    if (!is_directory(argument) && (exists(argument) || has_picture_ending(argument)))
        throw UsageError(fmt::format("--follow is for a directory, a pattern or a glob; one file: capture --watch {}", argument));
    return group(argument.ends_with('/') ? argument : argument + "/",
                 [](std::string_view name) { return !name.starts_with('.') && has_picture_ending(name); });
}

}  // namespace

std::unique_ptr<FinishedPictures> watch_files(const std::vector<std::string>& files, std::uint64_t max_frame, const Say& say) {
    std::vector<FinishedPictures::Group> groups;
    for (const auto& file : files) {
        if (is_directory(file)) throw UsageError(fmt::format("--watch is for files; a directory: capture --follow {}", file));
        const auto watch = [&](const Place& place) {
            groups.push_back({{place.open_as(), [name = place.name](std::string_view other) { return other == name; }},
                              [file](const std::string&) { return file; }});
        };
        watch(place_of(file));
        // What a link leads to is written in a folder of its own.
        std::error_code error;
        const auto real = std::filesystem::canonical(file, error);
        if (!error && std::filesystem::is_symlink(file, error)) watch(place_of(real.string()));
    }
    auto pictures = std::make_unique<FinishedPictures>(std::move(groups), max_frame, say);
    for (const auto& file : files) {
        if (exists(file))
            pictures->add(file);
        else
            say_waiting(file, say);
    }
    return pictures;
}

std::unique_ptr<FinishedPictures> follow_files(const std::string& argument, std::uint64_t max_frame, const Say& say) {
    const auto followed = group_of(argument);
    // Watched before they are listed, so that none falls between.
    auto pictures = std::make_unique<FinishedPictures>(std::vector{followed}, max_frame, say);
    const auto files = files_where(followed.folder.path, followed.folder.wanted);
    for (const auto& name : files) pictures->add(followed.path(name));
    if (files.empty()) say_waiting(argument, say);
    return pictures;
}

}  // namespace framepipe
