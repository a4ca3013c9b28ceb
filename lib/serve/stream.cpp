#include "serve/stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace framepipe::serve {
namespace {

double seconds(SteadyClock::duration d) {
    return std::chrono::duration<double>(d).count();
}

}  // namespace

std::string_view name_of(StreamState state) {
    static constexpr std::array<std::string_view, 5> kNames{"waiting", "live", "idle", "ended", "failed"};
    return kNames[static_cast<std::size_t>(state)];
}

std::string StreamStatus::json() const {
    return fmt::format(
        R"({{"name":{},"type":{},"width":{},"height":{},"state":"{}","fps":{:.2f},"viewers":{},"frames":{},"bytes":{},"drops":{},"age_us":{}{}}})",
        json_string(name), json_string(type), width, height, name_of(state), fps, viewers, frames, bytes, drops, age_us,
        error.empty() ? "" : ",\"error\":" + json_string(error));
}

bool RateLimit::admit(double a_second, SteadyClock::time_point now) {
    const double burst = std::max(1.0, a_second);
    allowance_ = allowance_ < 0 ? burst : std::min(burst, allowance_ + seconds(now - last_) * a_second);
    last_ = now;
    if (allowance_ < 1) return false;
    allowance_ -= 1;
    return true;
}

SteadyClock::duration RateLimit::wait(double a_second) const {
    return std::chrono::ceil<SteadyClock::duration>(std::chrono::duration<double>((1 - allowance_) / a_second));
}

void Stream::note(FramePtr frame) {
    const auto now = frame->arrival();
    if (state == StreamState::live) {
        const double interval = seconds(now - last);
        interval_s = interval_s == 0 ? interval : interval_s + (interval - interval_s) * 0.1;
    } else {
        interval_s = 0;
    }
    // A picture of an error is to go whatever comes.
    if (state == StreamState::failed) latest.reset();
    state = StreamState::live;
    error.clear();
    last = now;
    ++frames;
    bytes += frame->payload().size();
    next_seq = frame->header().seq().value_or(next_seq) + 1;
    // Who comes late wants the picture, not a remark between two.
    if (frame->is_picture() || !latest || !latest->is_picture()) latest = std::move(frame);
}

void Stream::fail(FramePtr picture, std::string words) {
    state = StreamState::failed;
    latest = std::move(picture);
    error = std::move(words);
}

FramePtr Stream::current() const {
    return state == StreamState::idle || state == StreamState::waiting ? nullptr : latest;
}

bool Stream::may_show_pictures() const {
    return latest ? latest->is_picture() : owner && frames == 0;
}

std::uint64_t Stream::viewers() const {
    return std::accumulate(sinks.begin(), sinks.end(), std::uint64_t{0});
}

StreamStatus Stream::status() const {
    StreamStatus status;
    status.name = name;
    status.state = state;
    status.viewers = viewers();
    status.frames = frames;
    status.bytes = bytes;
    status.drops = *drops;
    status.error = error;
    if (!latest) return status;
    status.type = latest->header().type();
    status.width = latest->header().width();
    status.height = latest->header().height();
    if (frames == 0) return status;
    const double age = seconds(SteadyClock::now() - last);
    status.age_us = static_cast<std::int64_t>(age * 1e6);
    if (state == StreamState::live && interval_s > 0) status.fps = 1 / std::max(interval_s, age > 2 * interval_s ? age : 0.0);
    return status;
}

bool Stream::healthy(SteadyClock::time_point now) const {
    if (state == StreamState::idle) return true;
    return state == StreamState::live && seconds(now - last) < std::max(10.0, 3 * interval_s);
}

}  // namespace framepipe::serve
