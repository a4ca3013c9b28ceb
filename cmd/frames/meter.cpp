#include "frames/meter.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <array>
#include <condition_variable>

#include "cli/log.hpp"

namespace framepipe::frames {
namespace {

using namespace std::chrono_literals;

constexpr auto kRedraw = 250ms;
constexpr std::size_t kMostStreams = 1024;  // whose drops are counted: names come from outside

std::string amount(double bytes) {
    constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < units.size()) {
        bytes /= 1000;
        ++unit;
    }
    return fmt::format("{:.{}f} {}", bytes, unit > 0 && bytes < 99.95 ? 1 : 0, units[unit]);
}

double seconds(SteadyClock::duration time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

Meter::Meter(bool show) {
    if (!show) return;
    drawer_ = std::jthread([this](const std::stop_token& stop) {
        ::pthread_setname_np(::pthread_self(), "rates");
        std::condition_variable_any ended;
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            ended.wait_for(lock, stop, kRedraw, [] { return false; });
            const auto now = SteadyClock::now();
            if (frames_ > 0 && now - drawn_at_ >= kRedraw) draw(now);
        }
    });
}

Meter::~Meter() {
    if (!drawer_.joinable()) return;
    drawer_.request_stop();
    drawer_.join();
    log::keep_status();
}

void Meter::count(const Header& header, std::uint64_t payload_size) {
    const std::lock_guard lock(mutex_);
    const auto now = SteadyClock::now();
    if (frames_ == 0) start_ = drawn_at_ = now;
    last_ = now;
    ++frames_;
    bytes_ += payload_size;
    if (const auto seq = header.seq()) {
        const std::string stream = header.stream();
        const auto found = seqs_.find(stream);
        if (found != seqs_.end()) {
            if (*seq > found->second) drops_ += static_cast<std::uint64_t>(*seq) - static_cast<std::uint64_t>(found->second) - 1;
            found->second = *seq;
        } else if (seqs_.size() < kMostStreams) {
            seqs_.emplace(stream, *seq);
        }
    }
}

std::string Meter::summary() const {
    const std::lock_guard lock(mutex_);
    const double time = frames_ > 1 ? seconds(last_ - start_) : 0;
    std::string text = fmt::format("{} frames, {}", frames_, amount(static_cast<double>(bytes_)));
    if (time > 0) {
        // Between the first frame and the last one lies one interval less than there are frames.
        const double share = static_cast<double>(frames_ - 1) / static_cast<double>(frames_);
        text += fmt::format(" in {:.1f} s: {:.1f} frames/s, {}/s", time, static_cast<double>(frames_ - 1) / time,
                            amount(static_cast<double>(bytes_) * share / time));
    }
    return text + fmt::format("; {} drops", drops_);
}

void Meter::draw(SteadyClock::time_point now) {
    const double time = seconds(now - drawn_at_);
    log::status(fmt::format("{:.1f} frames/s  {}/s  {} frames  {}  {} drops", static_cast<double>(frames_ - drawn_frames_) / time,
                            amount(static_cast<double>(bytes_ - drawn_bytes_) / time), frames_, amount(static_cast<double>(bytes_)),
                            drops_));
    drawn_at_ = now;
    drawn_frames_ = frames_;
    drawn_bytes_ = bytes_;
}

}  // namespace framepipe::frames
