#include "serve/command_source.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "serve/words_picture.hpp"

namespace framepipe::serve {
namespace {

/// Kinds of failures that are remembered.
constexpr std::size_t kMostFailures = 16;
/// Before a picture has come.
constexpr Extent kUsualExtent{640, 360};

std::string how(const RunEnd& end) {
    if (!end.how.empty()) return end.broken.empty() ? end.how : end.how + "; " + end.broken;
    if (!end.broken.empty()) return end.broken;
    return end.frames == 0 ? "it ended without a frame" : "it ended";
}

std::string seconds(std::chrono::milliseconds time) {
    return fmt::format("{:g} s", std::round(std::chrono::duration<double>(time).count() * 10) / 10);
}

}  // namespace

CommandSource::CommandSource(std::shared_ptr<Hub> hub, CommandSourceOptions options)
    : hub_(std::move(hub)), options_(std::move(options)), log_(options_.name) {
    numbers = true;
    hub_->declare(options_.name, *this, options_.on_demand ? StreamState::idle : StreamState::waiting);
}

CommandSource::~CommandSource() {
    // First the command, whose frames would make the stream ours again; it may still be told things then.
    if (command_) command_->finish();
    hub_->release(*this);
}

void CommandSource::start() {
    KeptCommandOptions options;
    options.command = options_.command;
    options.idle_close = options_.idle_close;
    options.max_frame = options_.max_frame;
    command_ = std::make_unique<KeptCommand>(options, *this);
    started_ = command_.get();
    if (!options_.on_demand) command_->want(true);
}

void CommandSource::stop() {
    if (KeptCommand* const command = started_) command->stop();
}

void CommandSource::on_lost(const std::string&) {
    lost_ = true;
    if (KeptCommand* const command = started_) command->dismiss();
}

void CommandSource::on_returned() {
    lost_ = false;
    KeptCommand* const command = started_;
    if (command && !options_.on_demand) command->want(true);
}

void CommandSource::on_wanted(bool wanted) {
    KeptCommand* const command = started_;
    if (command && !lost_) command->want(wanted || !options_.on_demand);
}

void CommandSource::on_start() {
    running_ = true;
    const bool again = std::exchange(ended_by_itself_, false);
    log_.begin_run(again && !did_well_);
    if (again) {
        ++restarts_;
        return log_.verbose("started again");
    }
    hub_->set_state(*this, options_.name, StreamState::waiting);
    if (options_.on_demand)
        log_.notice("started, since somebody watches");
    else
        log_.verbose("started");
}

void CommandSource::on_frame(Frame frame) {
    if (frame.header.end()) return;  // of a stream of its own; ours goes on with the next run
    frame.header.set("stream", options_.name);
    if (!frame.header.time_us()) frame.header.set("time_us", now_us());
    if (frame.header.is_image() && frame.header.width() > 0)
        extent_ = {static_cast<std::uint32_t>(frame.header.width()), static_cast<std::uint32_t>(frame.header.height())};
    if (hub_->publish(std::move(frame), this) == Taken::yes && std::exchange(is_bad_, false)) log_.notice("frames come again");
}

void CommandSource::on_line(const std::string& line) {
    log_.line(line);
}

void CommandSource::on_rest(bool ran) {
    running_ = false;
    ended_by_itself_ = false;
    log_.end_run();
    hub_->set_state(*this, options_.name, StreamState::idle);
    if (!ran) return;
    log_.notice(lost_ ? "stopped: a producer feeds its stream" : "stopped: nobody has watched for " + seconds(options_.idle_close));
}

void CommandSource::on_end(const RunEnd& end) {
    running_ = false;
    ended_by_itself_ = true;
    did_well_ = end.did_well;
    if (did_well_) failures_said_.clear();
    log_.end_run();
    const std::string words = how(end);
    if (!end.failed()) {
        hub_->set_state(*this, options_.name, StreamState::ended);
        return log_.verbose(fmt::format("{}; it is started again in {}", words, seconds(end.pause)));
    }
    if (failures_said_.size() < kMostFailures && failures_said_.insert(words).second) {
        log_.notice(words + "; it is started again");
        is_bad_ = true;
    }
    show_failure(end.last_words.empty() ? words : end.last_words + "\n" + words);
}

void CommandSource::show_failure(const std::string& words) {
    Frame picture = words_picture(extent_ == Extent{} ? kUsualExtent : extent_, options_.name + " failed", words);
    picture.header.set("stream", options_.name);
    picture.header.set("time_us", now_us());
    picture.header.set("live", true);
    picture.header.set("error", words);
    hub_->fail(*this, std::move(picture), words);
}

}  // namespace framepipe::serve
