// How far work that has an end has come, for whoever watches it in a terminal.
#pragma once

#include <functional>
#include <string>

#include "frame/clock.hpp"

namespace framepipe {

/// One line on stderr, drawn anew at most ten times a second and cleared in the end. Nothing at all with
/// --quiet or when stderr is no terminal. One thread at a time.
class Progress {
public:
    Progress();
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// words  how far it is, "capture: frame 57, file 3 of 10"; asked only when the line is drawn
    void show(const std::function<std::string()>& words);

private:
    bool wanted_;
    SteadyClock::time_point next_{};
};

}  // namespace framepipe
