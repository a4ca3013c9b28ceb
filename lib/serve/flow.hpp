// One stream on its way to one viewer: how often, and whether at all.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "serve/shard.hpp"

namespace framepipe::serve {

/// Puts the stream's frames into the connection's outbox.
class Flow final : public Subscription {
public:
    /// slot  in the outbox, one for each flow of the connection
    /// fps   the most pictures a second; 0: all
    Flow(Connection& connection, std::string stream, Form form, std::uint32_t slot, double fps);
    ~Flow() override;

    /// Sends what the stream has already. Once, right after the constructor.
    void start();
    void on_frame(const FramePtr& frame) override;
    void expect_frame() const override;

    void set_fps(double fps);
    /// Paused: no pictures, but text.
    void set_paused(bool paused);
    std::uint32_t slot() const { return slot_; }
    /// Frames that the viewer missed: not those that its pause or its rate left out.
    std::uint64_t drops() const { return drops_; }
    /// Called with each frame that goes into the outbox; may be empty.
    std::function<void(const FramePtr&)> on_offer;

private:
    void pace(const FramePtr& frame);
    void offer(const FramePtr& frame);
    void drop(Drop reason);

    Connection& connection_;
    const std::uint32_t slot_;
    std::uint64_t last_id_ = 0;
    std::uint64_t drops_ = 0;
    bool paused_ = false;
    SteadyClock::time_point since_{};  // what came before is shown, but its age does not count
    SteadyClock::duration period_{};
    SteadyClock::time_point due_{};
    FramePtr held_;  // until it is due
    Timer pacer_;
};

}  // namespace framepipe::serve
