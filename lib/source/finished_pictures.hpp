// Pictures in files that other programs write while we look.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "files/finished_files.hpp"
#include "frame/frame.hpp"
#include "source/waiting_source.hpp"

namespace framepipe {

/// The picture of each file once when it is there at the start, and again each time that it is finished anew. A file
/// that is being written is left alone until it is whole; one that cannot be used is said once, and
/// given when it has become good. `meta.file` names the file.
class FinishedPictures : public WaitingSource {
public:
    /// Files of one folder, and what they are called.
    struct Group {
        FinishedFiles::Folder folder;
        std::function<std::string(const std::string& name)> path;
    };

    FinishedPictures(std::vector<Group> groups, std::uint64_t max_frame, Say say, FinishedFiles::How how = FinishedFiles::How::best);

    /// Puts a file at the end of those that are to be read.
    void add(const std::string& file);

    std::optional<Frame> next_until(SteadyClock::time_point until) override;

    /// Files that were said to be bad, and have not become good.
    std::size_t left_out() const { return bad_.size(); }

private:
    std::optional<Frame> read(const std::string& file);
    void add_those_to_try_again();

    const std::vector<Group> groups_;
    const std::uint64_t max_frame_;
    const Say say_;
    FinishedFiles files_;
    std::deque<std::string> waiting_;
    std::map<std::string, FileStamp> given_;  // of files that have not changed since for sure
    std::map<std::string, SteadyClock::time_point> again_;
    std::set<std::string> bad_;
};

/// The pictures of these files whenever they are finished; files that are not there are waited for.
std::unique_ptr<FinishedPictures> watch_files(const std::vector<std::string>& files, std::uint64_t max_frame, const Say& say);

/// The pictures that a directory, a pattern or a glob stands for (see expand_files), in natural order, and then
/// those that are added, in the order in which they are finished.
/// throws UsageError if it is neither, or the pattern's number is not in the last name of the path
std::unique_ptr<FinishedPictures> follow_files(const std::string& argument, std::uint64_t max_frame, const Say& say);

}  // namespace framepipe
