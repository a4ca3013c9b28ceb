#include "serve/mjpeg_session.hpp"

#include <fmt/format.h>

#include <utility>

namespace framepipe::serve {
namespace {

/// Some browsers show a part only when the next one has come.
constexpr auto kRepeatAfter = std::chrono::milliseconds(250);
/// Then again and again: a recorder that waits for many parts before it begins, or that gives up a
/// stream which says nothing, stays with a picture that does not change.
constexpr auto kRepeatAgainAfter = std::chrono::seconds(2);

}  // namespace

const Headers& live_picture_headers() {
    static const Headers headers{{"Cache-Control", "no-store, no-cache, must-revalidate, pre-check=0, post-check=0, max-age=0"},
                                 {"Pragma", "no-cache"},
                                 {"Expires", "Mon, 3 Jan 2000 12:34:56 GMT"}};
    return headers;
}

MessagePtr mjpeg_head_message(const std::optional<std::string>& readable_by, bool is_head) {
    std::string head = "HTTP/1.0 200 OK\r\n";
    if (readable_by) head += fmt::format("Access-Control-Allow-Origin: {}\r\n", *readable_by);
    head += "Connection: close\r\nServer: framepipe/" FRAMEPIPE_VERSION "\r\n";
    for (const auto& [name, value] : live_picture_headers()) head += fmt::format("{}: {}\r\n", name, value);
    head += "X-Accel-Buffering: no\r\n";  // nginx would hold pictures back until its buffers are full
    head += fmt::format("Content-Type: multipart/x-mixed-replace;boundary={}\r\n\r\n", kBoundary);
    if (!is_head) head += fmt::format("--{}\r\n", kBoundary);
    return std::make_shared<Message>(std::move(head));
}

MjpegSession::MjpegSession(Connection& connection, std::optional<std::string> stream, PermitPtr permit, As as, double fps)
    : connection_(connection),
      stream_(std::move(stream)),
      permit_(std::move(permit)),
      as_(as),
      fps_(fps),
      repeater_(connection.shard().loop(), [this] { repeat(); }) {
    ++connection.shard().hub().metrics().mjpeg_viewers;
}

MjpegSession::~MjpegSession() {
    --connection_.shard().hub().metrics().mjpeg_viewers;
}

void MjpegSession::start() {
    choose_stream();
}

void MjpegSession::choose_stream() {
    if (flow_) return;
    const auto name = stream_ ? stream_ : connection_.shard().hub().default_picture_stream(*permit_);
    if (!name) {
        if (!demand_) demand_.emplace(connection_.shard().hub());
        return;
    }
    flow_ = std::make_unique<Flow>(connection_, *name, Form{Wrap::mjpeg, as_}, 0, fps_);
    flow_->on_offer = [this](const FramePtr& frame) {
        last_ = frame;
        if (std::exchange(repeated_, false)) repeater_.cancel();
    };
    demand_.reset();
    flow_->start();
}

bool MjpegSession::may_begin(std::uint32_t) {
    return connection_.closing() || connection_.path_is_clear();
}

void MjpegSession::on_sent(Outbox::Slot) {
    quiet_at_ = connection_.shard().loop().now();
    quiet_at_ += repeated_ ? SteadyClock::duration(kRepeatAgainAfter) : SteadyClock::duration(kRepeatAfter);
    // Not moved with every picture: it looks for itself whether more have been sent.
    if (!repeater_.armed()) repeater_.at(quiet_at_);
}

void MjpegSession::repeat() {
    if (connection_.shard().loop().now() < quiet_at_) return repeater_.at(quiet_at_);
    const FramePtr frame = last_.lock();
    if (!frame || connection_.closing() || connection_.sending() || !connection_.outbox().empty()) return;
    repeated_ = true;
    connection_.shard().counters().offered.add();
    connection_.outbox().put_picture(0, frame->message({Wrap::mjpeg, as_}), false);
    connection_.flush();
}

void MjpegSession::on_dismissed(Refusal) {
    on_stop();
}

void MjpegSession::on_stop() {
    if (connection_.outbox().put(std::make_shared<Message>(mjpeg_end())) && !connection_.sending()) connection_.flush();
    connection_.finish();
}

}  // namespace framepipe::serve
