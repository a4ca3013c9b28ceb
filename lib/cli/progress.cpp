#include "cli/progress.hpp"

#include <unistd.h>

#include "cli/log.hpp"

namespace framepipe {
namespace {

using namespace std::chrono_literals;

constexpr auto kRedraw = 100ms;

}  // namespace

Progress::Progress() : wanted_(log::level() != log::Level::quiet && ::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    if (wanted_) log::clear_status();
}

void Progress::show(const std::function<std::string()>& words) {
    if (!wanted_) return;
    const auto now = SteadyClock::now();
    if (now < next_) return;
    next_ = now + kRedraw;
    log::status(words());
}

}  // namespace framepipe
