#include "serve/input_feed.hpp"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "cli/log.hpp"
#include "frame/error.hpp"

namespace framepipe::serve {
namespace {

/// True if bytes can be read without waiting.
bool is_readable(int fd) {
    pollfd descriptor{fd, POLLIN, 0};
    return poll(&descriptor, 1, 0) == 1 && (descriptor.revents & POLLIN);
}

/// What can have waited in the pipe.
std::uint64_t pipe_size(int fd) {
    const int size = fcntl(fd, F_GETPIPE_SZ);
    return size > 0 ? static_cast<std::uint64_t>(size) : 1 << 20;
}

}  // namespace

InputFeed::InputFeed(std::unique_ptr<FrameInput> input, int fd, std::shared_ptr<Hub> hub, std::string stream, bool on_demand,
                     bool may_be_empty)
    : input_(std::move(input)),
      fd_(fd),
      hub_(std::move(hub)),
      stream_(std::move(stream)),
      on_demand_(on_demand),
      may_be_empty_(may_be_empty) {}

std::string InputFeed::run() {
    std::string failure;
    if (on_demand_) hub_->attach(*this);
    try {
        while (auto frame = input_->next()) {
            empty_ = false;
            take(std::move(*frame));
            if (on_demand_ && !writer_gone_ && !wanted_) wait_for_demand();
        }
    } catch (const Error& error) {
        failure = error.what();
    }
    if (!empty_ || !may_be_empty_ || !failure.empty()) hub_->end_input(failure);
    hub_->release(*this);
    return failure;
}

void InputFeed::on_wanted(bool wanted) {
    if (!wanted_.exchange(wanted) && wanted) woken_.set();
}

void InputFeed::take(Frame frame) {
    if (catching_up_ && is_old(frame)) {
        thrown_bytes_ += frame.payload.size();
        hub_->metrics().drop(InputDrop::stale);
        return;
    }
    catching_up_ = false;
    if (on_demand_) staleness_.note(frame.header, now_us());
    if (!stream_.empty() && !frame.header.raw("stream")) frame.header.set("stream", stream_);
    const std::string name = frame.header.stream();
    if (hub_->publish(std::move(frame), this) == Taken::other_feeder)
        log::warn_once(
            "fed " + name,
            fmt::format("cannot take stream {}: a producer feeds it already; the input's frames of it are left out", json_string(name)));
}

bool InputFeed::is_old(const Frame& frame) {
    if (!frame.header.is_image() || frame.header.end()) return false;
    if (staleness_.can_tell(frame.header)) return staleness_.is_stale(frame.header, now_us());
    return thrown_bytes_ < pipe_size(fd_) && (input_->has_read_ahead() || is_readable(fd_));
}

void InputFeed::wait_for_demand() {
    const bool was_shown = !catching_up_;  // the frame that was read last; else it was thrown away
    hub_->idle(*this);
    log::verbose("nobody watches: the input is not read");
    while (!wanted_) {
        std::array<pollfd, 2> descriptors{{{fd_, 0, 0}, {woken_.fd(), POLLIN, 0}}};
        if (poll(descriptors.data(), descriptors.size(), -1) < 0 && errno != EINTR) break;
        woken_.clear();
        if (descriptors[0].revents) {
            // Nothing more will come to be late: the rest is read for whoever comes.
            writer_gone_ = true;
            return;
        }
    }
    log::verbose("somebody watches: the input is read again");
    // A source that goes on has a frame waiting by now; one that shows a file has none before that changes.
    catching_up_ = !was_shown || input_->has_read_ahead() || is_readable(fd_);
    thrown_bytes_ = 0;
    if (!catching_up_) hub_->go_on(*this);
}

}  // namespace framepipe::serve
