#include "source/play.hpp"

#include <algorithm>

#include "source/schedule.hpp"

namespace framepipe {

namespace {

constexpr auto kCatchUp = std::chrono::milliseconds(500);

/// When the next frame is due. The schedule starts with its first frame.
class Pace {
public:
    explicit Pace(const PlayOptions& options) : fps_(options.fps), default_fps_(options.default_fps) {}

    /// nullopt: at once
    std::optional<SteadyClock::time_point> due(const Frame& frame) {
        const auto pts = frame.header.integer("pts_us");
        if (!fps_ && pts) return due_by_pts(std::chrono::microseconds(*pts));
        const double fps = fps_.value_or(default_fps_);
        if (fps > 0) return due_by_number(fps);
        return std::nullopt;
    }

private:
    SteadyClock::time_point due_by_number(double fps) {
        const auto now = SteadyClock::now();
        if (!schedule_) schedule_.emplace(fps, now);
        const auto due = schedule_->due(number_++);
        if (now - due <= kCatchUp) return due;
        schedule_->postpone(now - due);
        return now;
    }

    SteadyClock::time_point due_by_pts(std::chrono::microseconds pts) {
        const auto now = SteadyClock::now();
        // Time that runs backwards is the beginning of another file, or of this one again: it follows
        // the last frame at the distance that frames had before.
        if (!origin_) {
            origin_ = now - pts;
        } else if (pts < last_pts_) {
            *origin_ += last_pts_ + step_ - pts;
        } else {
            step_ = pts - last_pts_;
        }
        last_pts_ = pts;
        const auto due = *origin_ + pts;
        if (now - due <= kCatchUp) return due;
        *origin_ += now - due;
        return now;
    }

    const std::optional<double> fps_;
    const double default_fps_;
    std::optional<Schedule> schedule_;
    std::uint64_t number_ = 0;
    std::optional<SteadyClock::time_point> origin_;
    std::chrono::microseconds last_pts_{0};
    std::chrono::microseconds step_{0};
};

}  // namespace

std::uint64_t play(Source& source, FrameWriter& writer, const PlayOptions& options, const std::stop_token& stop) {
    Pace pace(options);
    std::uint64_t written = 0;
    while (!stop.stop_requested() && (!options.count || written < *options.count)) {
        auto frame = source.next();
        if (!frame) break;
        if (const auto due = pace.due(*frame)) {
            if (!sleep_until(*due, stop, [&] { return writer.reader_left(); })) break;
        }
        if (options.stream) frame->header.set("stream", *options.stream);
        if (!frame->header.seq()) frame->header.set("seq", static_cast<std::int64_t>(written));
        if (!frame->header.time_us()) frame->header.set("time_us", now_us());
        if (!writer.write(*frame)) break;
        ++written;
    }
    return written;
}

}  // namespace framepipe
