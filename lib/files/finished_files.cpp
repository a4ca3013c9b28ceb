#include "files/finished_files.hpp"

#include <dirent.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

namespace framepipe {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookEvery = 50ms;
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

/// File systems whose files change without this kernel's doing. source  statfs(2)
constexpr std::array<std::uint32_t, 9> kRemote{0x6969 /* NFS */,     0xFF534D42 /* CIFS */, 0xFE534D42 /* SMB2 */,
                                               0x517B /* SMB */,     0x65735546 /* FUSE */, 0x01021997 /* 9P */,
                                               0x5346414F /* AFS */, 0x00C36400 /* Ceph */, 0x73757245 /* Coda */};

bool is_remote(const std::string& folder) {
    struct statfs status {};
    if (::statfs(folder.c_str(), &status) != 0) return false;
    return std::find(kRemote.begin(), kRemote.end(), static_cast<std::uint32_t>(status.f_type)) != kRemote.end();
}

/// A new name of a file that was finished before: a link. Others are written after they are made.
bool is_link(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && (S_ISLNK(status.st_mode) || (S_ISREG(status.st_mode) && status.st_nlink > 1));
}

std::string joined(const std::string& folder, std::string_view name) {
    std::string path = folder.ends_with('/') ? folder : folder + "/";
    return path.append(name);
}

}  // namespace

FinishedFiles::FinishedFiles(std::vector<Folder> folders, How how) : how_(how), between_looks_(kLookEvery) {
    if (how_ == How::best) inotify_ = Descriptor(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    for (auto& folder : folders) places_.push_back({std::move(folder)});
    std::vector<Finished> there_before;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        begin(places_[i]);
        look(i, there_before, true);
    }
}

/// Watches the folder, or finds that it can only be looked at, or that it is not there.
void FinishedFiles::begin(Place& place) {
    struct stat status {};
    place.there = ::stat(place.folder.path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    place.watch = -1;
    if (place.there && inotify_ && !is_remote(place.folder.path))
        place.watch = ::inotify_add_watch(inotify_.get(), place.folder.path.c_str(), kEvents);
}

/// Finds files that have changed since the last look, and then stayed the same for one.
/// all_at_once  those that have just changed, too
void FinishedFiles::look(std::size_t index, std::vector<Finished>& found, bool all_at_once) {
    Place& place = places_[index];
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(place.folder.path.c_str()), ::closedir);
    place.there = directory != nullptr;
    if (!directory) return place.seen.clear();
    std::map<std::string, Seen, std::less<>> seen;
    while (const dirent* entry = ::readdir(directory.get())) {
        if (!place.folder.wanted(entry->d_name)) continue;
        const auto stamp = stamp_of(joined(place.folder.path, entry->d_name));
        if (!stamp) continue;
        const auto before = place.seen.find(entry->d_name);
        const bool same = before != place.seen.end() && before->second.stamp == *stamp;
        const bool told = same && before->second.told;
        const bool tell = !told && (same || all_at_once);
        if (tell) found.push_back({index, entry->d_name});
        seen.emplace(entry->d_name, Seen{*stamp, told || tell});
    }
    place.seen = std::move(seen);
}

void FinishedFiles::read_events(std::vector<Finished>& found) {
    alignas(inotify_event) std::array<char, 16384> buffer;
    for (ssize_t size; (size = ::read(inotify_.get(), buffer.data(), buffer.size())) > 0;) {
        for (const char* at = buffer.data(); at < buffer.data() + size;) {
            const auto* event = reinterpret_cast<const inotify_event*>(at);
            at += sizeof *event + event->len;
            if (event->mask & IN_Q_OVERFLOW) {
                // Some events are lost: what changed is found by looking.
                for (std::size_t i = 0; i < places_.size(); ++i)
                    if (places_[i].watch >= 0) look(i, found, true);
                continue;
            }
            const std::string_view name = event->len > 0 ? event->name : "";
            for (std::size_t i = 0; i < places_.size(); ++i) {
                Place& place = places_[i];
                if (place.watch != event->wd) continue;
                if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
                    // The name may soon be another folder's.
                    if (event->mask & IN_MOVE_SELF) ::inotify_rm_watch(inotify_.get(), event->wd);
                    place.there = false;
                    place.watch = -1;
                    place.seen.clear();
                } else if (!name.empty() && place.folder.wanted(name)) {
                    const std::string path = joined(place.folder.path, name);
                    if ((event->mask & IN_CREATE) && ((event->mask & IN_ISDIR) || !is_link(path))) continue;
                    if (const auto stamp = stamp_of(path)) place.seen.insert_or_assign(std::string(name), Seen{*stamp, true});
                    found.push_back({i, std::string(name)});
                }
            }
        }
    }
}

bool FinishedFiles::looks() const {
    return std::any_of(places_.begin(), places_.end(), [](const Place& place) { return place.watch < 0; });
}

std::vector<FinishedFiles::Finished> FinishedFiles::wait(SteadyClock::time_point until) {
    std::vector<Finished> found;
    while (true) {
        if (inotify_) read_events(found);
        const auto now = SteadyClock::now();
        if (looks() && now >= next_look_) {
            for (std::size_t i = 0; i < places_.size(); ++i) {
                Place& place = places_[i];
                if (place.watch >= 0) continue;
                const std::size_t first = found.size();
                const bool was_there = place.there;
                if (!was_there) begin(place);
                if (place.there) look(i, found, !was_there);
                std::sort(found.begin() + static_cast<std::ptrdiff_t>(first), found.end(),
                          [](const Finished& a, const Finished& b) { return a.name < b.name; });
            }
            // A folder of very many files takes at most a tenth of a processor.
            between_looks_ = std::max<SteadyClock::duration>(kLookEvery, 10 * (SteadyClock::now() - now));
            next_look_ = SteadyClock::now() + between_looks_;
        }
        if (!found.empty() || SteadyClock::now() >= until) return found;
        const auto next = looks() ? std::min(until, next_look_) : until;
        const auto time = std::chrono::ceil<std::chrono::milliseconds>(next - SteadyClock::now()).count();
        pollfd look_at{inotify_.get(), POLLIN, 0};
        ::poll(&look_at, inotify_ ? 1 : 0, static_cast<int>(std::clamp<std::int64_t>(time, 0, 60'000)));
    }
}

}  // namespace framepipe
