#include "source/play.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>

#include "source/schedule.hpp"

namespace framepipe {

namespace {

constexpr auto kCatchUp = std::chrono::milliseconds(500);

/// A frame's place in time; nullopt: it knows none.
std::optional<std::chrono::microseconds> place_of(const Header& header) {
    if (const auto recorded = header.meta_raw("recorded_us")) {
        std::int64_t time = 0;
        const auto [end, result] = std::from_chars(recorded->data(), recorded->data() + recorded->size(), time);
        if (result == std::errc() && end == recorded->data() + recorded->size()) return std::chrono::microseconds(time);
    }
    const auto pts = header.integer("pts_us");
    return pts ? std::optional(std::chrono::microseconds(*pts)) : std::nullopt;
}

/// When the next frame is due. The schedule starts with its first frame.
class Pace {
public:
    explicit Pace(const PlayOptions& options) : fps_(options.fps), default_fps_(options.default_fps), speed_(options.speed) {}

    /// nullopt: at once
    std::optional<SteadyClock::time_point> due(const Frame& frame) {
        const auto place = fps_ ? std::nullopt : place_of(frame.header);
        if (place) return due_by_place(*place, frame.header.stream());
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

    SteadyClock::time_point due_by_place(std::chrono::microseconds place, const std::string& stream) {
        const auto now = SteadyClock::now();
        // A stream's time that runs backwards is the beginning of another file, or of this one again: it
        // follows the last frame at the distance that frames had before. The frames of several streams may
        // lie the wrong way round.
        const auto last = last_of_.find(stream);
        if (!origin_) {
            origin_ = now;
            origin_place_ = newest_ = place;
        } else if (last != last_of_.end() && place < last->second) {
            *origin_ += played(newest_ + step_ - origin_place_);
            origin_place_ = newest_ = place;
            last_of_.clear();
        } else if (last != last_of_.end()) {
            step_ = place - last->second;
        }
        last_of_[stream] = place;
        newest_ = std::max(newest_, place);
        const auto due = *origin_ + played(place - origin_place_);
        if (now - due <= kCatchUp) return due;
        *origin_ += now - due;
        return now;
    }

    /// How long so much of the recording takes.
    SteadyClock::duration played(std::chrono::microseconds time) const {
        return std::chrono::duration_cast<SteadyClock::duration>(time / speed_);
    }

    const std::optional<double> fps_;
    const double default_fps_;
    const double speed_;
    std::optional<Schedule> schedule_;
    std::uint64_t number_ = 0;
    // The frame of origin_place_ is due at origin_.
    std::optional<SteadyClock::time_point> origin_;
    std::chrono::microseconds origin_place_{0};
    std::chrono::microseconds newest_{0};
    std::chrono::microseconds step_{0};
    std::map<std::string, std::chrono::microseconds> last_of_;  // by stream
};

}  // namespace

std::uint64_t play(Source& source, FrameWriter& writer, const PlayOptions& options, const std::stop_token& stop) {
    Pace pace(options);
    std::uint64_t written = 0;
    std::map<std::string, std::int64_t> numbers;  // by stream
    while (!stop.stop_requested() && (!options.count || written < *options.count)) {
        auto frame = source.next();
        if (!frame) break;
        if (const auto due = pace.due(*frame)) {
            if (!sleep_until(*due, stop, [&] { return writer.reader_left(); })) break;
        }
        if (options.stream) frame->header.set("stream", *options.stream);
        if (!frame->header.seq()) frame->header.set("seq", numbers[frame->header.stream()]++);
        if (!frame->header.time_us()) frame->header.set("time_us", now_us());
        if (!writer.write(*frame)) break;
        ++written;
    }
    return written;
}

}  // namespace framepipe
