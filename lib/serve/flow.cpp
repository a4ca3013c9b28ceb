#include "serve/flow.hpp"

#include "serve/prefetch.hpp"

namespace framepipe::serve {

Flow::Flow(Connection& connection, std::string stream, Form form, std::uint32_t slot, double fps)
    : Subscription(connection.shard(), std::move(stream), form),
      connection_(connection),
      slot_(slot),
      pacer_(connection.shard().loop(), [this] {
          due_ += period_;
          offer(std::exchange(held_, nullptr));
      }) {
    set_fps(fps);
}

Flow::~Flow() {
    if (held_) drop(Drop::left);
}

void Flow::start() {
    since_ = SteadyClock::now();
    if (const FramePtr first = std::exchange(joined_.latest, nullptr)) on_frame(first);
}

void Flow::set_fps(double fps) {
    period_ =
        fps > 0 ? std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(1 / fps)) : SteadyClock::duration(0);
}

void Flow::set_paused(bool paused) {
    if (paused == paused_) return;
    paused_ = paused;
    // Demand first: an input that reads again should not find the latest picture wanted and old.
    set_wanting(!paused);
    if (paused) {
        pacer_.cancel();
        if (std::exchange(held_, nullptr)) drop(Drop::paused);
        if (connection_.outbox().drop_slot(slot_)) drop(Drop::paused);
        return;
    }
    since_ = SteadyClock::now();
    if (const FramePtr latest = shard_.hub().latest(stream())) on_frame(latest);
}

void Flow::on_frame(const FramePtr& frame) {
    if (connection_.closing() || frame->id() <= last_id_) return;
    if (form().wrap == Wrap::mjpeg && !frame->is_picture()) return;  // nothing for it
    shard_.counters().offered.add();
    if (frame->is_picture() && paused_) return drop(Drop::paused);
    last_id_ = frame->id();
    if (frame->is_picture() && period_ > SteadyClock::duration(0))
        pace(frame);
    else
        offer(frame);
}

void Flow::expect_frame() const {
    prefetch(connection_);
}

/// The newest at each due time: a stream that stops shows its last picture.
void Flow::pace(const FramePtr& frame) {
    const auto now = shard_.loop().now();
    if (std::exchange(held_, nullptr)) drop(Drop::rate);
    if (now < due_ - period_ / 8) {
        held_ = frame;
        if (!pacer_.armed()) pacer_.at(due_);
        return;
    }
    pacer_.cancel();
    due_ = now > due_ + period_ ? now + period_ : due_ + period_;
    offer(frame);
}

void Flow::offer(const FramePtr& frame) {
    const MessagePtr message = shard_.message(frame, form());
    if (!message) return drop(Drop::failed);
    if (on_offer) on_offer(frame);
    if (frame->is_picture()) {
        if (connection_.outbox().put_picture(slot_, message, frame->arrival() >= since_)) drop(Drop::replaced);
    } else if (!connection_.outbox().put(message)) {
        drop(Drop::queue);
        return connection_.dismiss(Refusal::queue);
    }
    if (!connection_.sending()) connection_.flush();
}

void Flow::drop(Drop reason) {
    shard_.counters().drop(reason);
    if (reason == Drop::left) return;
    // What a viewer asked not to get, it does not miss.
    if (reason != Drop::paused && reason != Drop::rate) ++drops_;
    joined_.drops->fetch_add(1, std::memory_order_relaxed);
}

}  // namespace framepipe::serve
