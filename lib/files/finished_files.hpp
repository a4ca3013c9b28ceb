// Files as other programs finish them: closed after writing, or renamed into place.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "files/file_stamp.hpp"
#include "frame/clock.hpp"
#include "frame/descriptor.hpp"

namespace framepipe {

/// Watches folders by inotify. Where that cannot be had (the limits of the user, file systems that other machines
/// write too) it looks 20 times a second, and takes a file as finished that stayed the same from one look to the
/// next. A folder that is not there is waited for. One thread at a time.
class FinishedFiles {
public:
    struct Folder {
        std::string path;
        std::function<bool(std::string_view name)> wanted;  // of the files in it, by their names
    };
    struct Finished {
        std::size_t folder;  // its index
        std::string name;    // in the folder
        friend bool operator==(const Finished&, const Finished&) = default;
    };
    enum class How { best, looking };

    /// What is finished from now on is told; what was there before is not.
    /// how  `looking`: without inotify
    explicit FinishedFiles(std::vector<Folder> folders, How how = How::best);

    /// Waits until files are finished, or until `until`: then there are none. In the order of finishing, where
    /// that is known, else by name. A file may be told twice.
    std::vector<Finished> wait(SteadyClock::time_point until);

private:
    struct Seen {
        FileStamp stamp;
        bool told = false;
    };
    struct Place {
        Folder folder;
        bool there = false;
        int watch = -1;  // of inotify; -1: the folder is looked at
        std::map<std::string, Seen, std::less<>> seen = {};
    };

    void begin(Place& place);
    void look(std::size_t index, std::vector<Finished>& found, bool all_at_once);
    void read_events(std::vector<Finished>& found);
    bool looks() const;

    const How how_;
    Descriptor inotify_;
    std::vector<Place> places_;
    SteadyClock::time_point next_look_{};
    SteadyClock::duration between_looks_;
};

}  // namespace framepipe
