// Texts with places for what a frame knows: "{time:%T}  #{seq}".
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "frame/header.hpp"

namespace framepipe {

/// A time as strftime(3) writes it, in local time; %f are microseconds, %3f milliseconds.
std::string format_time(const std::string& format, std::int64_t time_us);

/// Frames a second of streams, measured over the last second or so by the frames' times.
class RateMeter {
public:
    /// Call once for each frame. returns 0 as long as it cannot be known
    double operator()(const Header& header);

private:
    std::map<std::string, std::deque<std::int64_t>> times_;
};

/// A parsed template. Its places, in braces:
///   {time:FORMAT}  the frame's time        {now:FORMAT}  the time of drawing (FORMAT: strftime; absent: %F %T)
///   {seq} {width} {height} {stream}        of the frame's header; nothing if it lacks them
///   {fps}          frames a second, measured, with one digit after the point
///   {meta.KEY}     the user's own data: strings as they are, else as JSON
///   {{             a brace
class TextTemplate {
public:
    enum class Unknown { error, keep };
    /// unknown  what becomes of other words in braces: a UsageError, or text as it stands
    explicit TextTemplate(std::string_view text = {}, Unknown unknown = Unknown::error);

    /// fps  of the frame's stream
    std::string expand(const Header& frame, double fps) const;
    /// No places: every frame has the same text.
    bool constant() const;
    /// {fps} is one of the places.
    bool wants_fps() const;

private:
    enum class Kind { text, time, now, seq, fps, width, height, stream, meta };
    struct Part {
        Kind kind = Kind::text;
        std::string words;  // text, format or key
    };
    bool add_place(std::string_view inside);
    void add_text(std::string_view text);

    std::vector<Part> parts_;
};

}  // namespace framepipe
