#include "source/finished_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "frame/error.hpp"
#include "frame/module.hpp"
#include "source/sequence.hpp"

namespace framepipe {

namespace {

/// A file that was changed so recently may still be written: its end is waited for before anything is said.
constexpr auto kBeingWritten = std::chrono::seconds(1);

bool changed_just_now(const FileStamp& stamp) {
    const auto age = std::chrono::microseconds(now_us()) - std::chrono::nanoseconds(stamp.modified_ns);
    return age >= std::chrono::seconds(0) && age < kBeingWritten;
}

std::vector<FinishedFiles::Folder> folders_of(const std::vector<FinishedPictures::Group>& groups) {
    std::vector<FinishedFiles::Folder> folders;
    for (const auto& group : groups) folders.push_back(group.folder);
    return folders;
}

}  // namespace

FinishedPictures::FinishedPictures(std::vector<Group> groups, std::uint64_t max_frame, Say say, FinishedFiles::How how)
    : groups_(std::move(groups)), max_frame_(max_frame), say_(std::move(say)), files_(folders_of(groups_), how) {}

void FinishedPictures::add(const std::string& file) {
    if (std::find(waiting_.begin(), waiting_.end(), file) == waiting_.end()) waiting_.push_back(file);
}

void FinishedPictures::add_those_to_try_again() {
    const auto now = SteadyClock::now();
    for (auto at = again_.begin(); at != again_.end();) {
        if (at->second <= now) {
            add(at->first);
            at = again_.erase(at);
        } else {
            ++at;
        }
    }
}

std::optional<Frame> FinishedPictures::next_until(SteadyClock::time_point until) {
    while (true) {
        add_those_to_try_again();
        while (!waiting_.empty()) {
            const std::string file = std::move(waiting_.front());
            waiting_.pop_front();
            if (auto frame = read(file)) return frame;
        }
        auto wake = until;
        for (const auto& [file, time] : again_) wake = std::min(wake, time);
        for (const auto& finished : files_.wait(wake)) add(groups_[finished.folder].path(finished.name));
        if (waiting_.empty() && SteadyClock::now() >= until) return std::nullopt;
    }
}

/// nullopt: it is the one given last, or not good now.
std::optional<Frame> FinishedPictures::read(const std::string& file) {
    const auto before = stamp_of(file);
    if (!before) return std::nullopt;  // it is away; when it comes back it is told
    if (const auto given = given_.find(file); given != given_.end() && given->second == *before) return std::nullopt;
    std::optional<Frame> frame;
    std::string reason;
    try {
        frame = Sequence({file}, {.max_frame = max_frame_}, {}).next();
    } catch (const MissingModule&) {
        throw;
    } catch (const Error& error) {
        reason = error.what();
    }
    const auto after = stamp_of(file);
    const bool written_meanwhile = after && after->file == before->file && *after != *before;
    if (frame && !written_meanwhile) {
        given_.erase(file);
        // What is written within the same tick of the file system's clock would look the same.
        if (before->settled()) given_.emplace(file, *before);
        again_.erase(file);
        if (bad_.erase(file) > 0 && say_.notice) say_.notice(fmt::format("{} is good again", file));
        return frame;
    }
    if (!after || written_meanwhile || changed_just_now(*after)) {
        if (after) again_[file] = SteadyClock::now() + kBeingWritten;
    } else if (bad_.insert(file).second && say_.warn) {
        say_.warn(reason + "; left out until it is good");
    }
    return std::nullopt;
}

}  // namespace framepipe
