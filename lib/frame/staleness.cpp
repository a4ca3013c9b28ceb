#include "frame/staleness.hpp"

#include <algorithm>

namespace framepipe {
namespace {

constexpr std::int64_t kTolerance = 250000;
constexpr int kRecentFrames = 64;

}  // namespace

void Staleness::note(const Header& header, std::int64_t read_us) {
    const auto time = header.time_us();
    if (!time) return;
    Least& least = streams_[header.stream()];
    if (++least.count > kRecentFrames) least = {least.now, INT64_MAX, 1};
    least.now = std::min(least.now, read_us - *time);
}

bool Staleness::can_tell(const Header& header) const {
    // What has been through none of our stages may have got its time when it was read.
    return header.time_us() && header.raw("stages") && streams_.contains(header.stream());
}

std::optional<std::int64_t> Staleness::lateness_us(const Header& header, std::int64_t read_us) const {
    if (!can_tell(header)) return std::nullopt;
    const Least& least = streams_.find(header.stream())->second;
    return read_us - *header.time_us() - std::min(least.before, least.now);
}

bool Staleness::is_stale(const Header& header, std::int64_t read_us) const {
    return lateness_us(header, read_us).value_or(0) > kTolerance;
}

}  // namespace framepipe
