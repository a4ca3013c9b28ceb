#include "serve/flow.hpp"

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

void Flow::start() {
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
        held_.reset();
        if (connection_.outbox().drop_slot(slot_)) drop(Drop::paused);
    } else if (const FramePtr latest = shard_.hub().latest(stream())) {
        on_frame(latest);
    }
}

void Flow::on_frame(const FramePtr& frame) {
    if (connection_.closing() || frame->id() <= last_id_) return;
    if (frame->is_picture() && paused_) return drop(Drop::paused);
    last_id_ = frame->id();
    if (frame->is_picture() && period_ > SteadyClock::duration(0))
        pace(frame);
    else
        offer(frame);
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
    if (!message) {
        if (frame->is_picture()) drop(Drop::failed);
        return;
    }
    if (on_offer) on_offer(frame);
    if (frame->is_picture()) {
        if (connection_.outbox().put_picture(slot_, message)) drop(Drop::replaced);
    } else if (!connection_.outbox().put(message)) {
        drop(Drop::queue);
        return connection_.dismiss(Refusal::queue);
    }
    if (!connection_.sending()) connection_.flush();
}

void Flow::drop(Drop reason) {
    // What a viewer asked not to get, it does not miss.
    if (reason != Drop::paused && reason != Drop::rate) ++drops_;
    joined_.drops->fetch_add(1, std::memory_order_relaxed);
    shard_.counters().drops[static_cast<std::size_t>(reason)].add();
}

}  // namespace framepipe::serve
