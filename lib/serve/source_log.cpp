#include "serve/source_log.hpp"

#include <fmt/format.h>

#include "cli/log.hpp"

namespace framepipe::serve {
namespace {

/// A second, and so many at once.
constexpr double kMostLines = 50;
constexpr std::size_t kMostRemembered = 64;

}  // namespace

std::string SourceLog::named(std::string_view words) const {
    return name_.empty() ? std::string(words) : fmt::format("{}: {}", name_, words);
}

void SourceLog::notice(std::string_view words) const {
    log::offer(named(words));
}

void SourceLog::verbose(std::string_view words) const {
    if (log::level() == log::Level::verbose) notice(words);
}

void SourceLog::begin_run(bool again) {
    if (!again) said_before_.clear();
    if (again) said_before_.merge(said_);
    said_.clear();
}

void SourceLog::line(const std::string& line) {
    if (said_before_.contains(line) && log::level() != log::Level::verbose) return;
    const bool fits = rate_.admit(kMostLines, SteadyClock::now());
    if (fits) say_unsaid();
    if (!fits || !(name_.empty() ? log::pass_on(line) : log::offer(named(line)))) {
        ++left_out_;
        ++unsaid_;
        return;
    }
    if (said_.size() + said_before_.size() < kMostRemembered) said_.insert(line);
}

void SourceLog::end_run() {
    say_unsaid();
}

void SourceLog::say_unsaid() {
    if (unsaid_ > 0 && log::offer(named(fmt::format("{} lines more were too many for the log", unsaid_)))) unsaid_ = 0;
}

}  // namespace framepipe::serve
