// One thread of viewers: its connections, and who of them wants which stream.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "serve/connection.hpp"
#include "serve/context.hpp"
#include "serve/event_loop.hpp"

namespace framepipe::serve {

class Shard;

/// Wants the frames of one stream in one form. Lives in the shard's thread.
class Subscription {
public:
    Subscription(Shard& shard, std::string stream, Form form);
    virtual ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    virtual void on_frame(const FramePtr& frame) = 0;
    /// Will be handed a frame soon: a hint, to have what it takes at hand.
    virtual void expect_frame() const {}

    const std::string& stream() const { return stream_; }
    Form form() const { return form_; }
    /// Whether it counts as one who wants pictures now, so that they are made and sent for (--on-demand).
    bool wanting() const { return wanting_; }

protected:
    void set_wanting(bool wanting);
    Shard& shard_;
    /// What the stream had when we came (on_frame() is not called for it), and its count of drops.
    Hub::Joined joined_;

private:
    const std::string stream_;
    const Form form_;
    bool wanting_ = true;
};

/// Counts as a viewer who wants pictures of whatever stream comes.
class DemandForAny {
public:
    explicit DemandForAny(Hub& hub) : hub_(hub) { hub_.add_demand_for_any(1); }
    ~DemandForAny() { hub_.add_demand_for_any(-1); }
    DemandForAny(const DemandForAny&) = delete;
    DemandForAny& operator=(const DemandForAny&) = delete;

private:
    Hub& hub_;
};

/// While it lives, its shard is handed the frames of all streams, and those that nobody watches yet are wanted.
class WatchAll {
public:
    /// wanting  false: they are not wanted now
    WatchAll(Shard& shard, bool wanting);
    ~WatchAll();
    WatchAll(const WatchAll&) = delete;
    WatchAll& operator=(const WatchAll&) = delete;

    void set_wanting(bool wanting);

private:
    Shard& shard_;
    std::optional<DemandForAny> demand_;
};

/// deliver() and the other calls of FrameSink, adopt() and stop() are for any thread.
class Shard final : public FrameSink {
public:
    explicit Shard(Context& context);
    ~Shard() override;

    /// Runs until stop() and the farewells after it.
    void run();
    /// Says farewell to all, and makes run() return within `patience`.
    void stop(std::chrono::milliseconds patience);
    /// Serves a connection that was accepted elsewhere.
    void adopt(Descriptor socket, Limits::Seat seat);
    /// How many connections it has, those on their way to it too. Any thread.
    std::size_t connections() const { return count_; }
    /// The share of the last second that its thread was busy, 0 to 1. Any thread.
    double load() const { return load_; }

    void deliver(FramePtr frame) override;
    void streams_changed() override;
    void shed(std::uint64_t frame_id) override;

    EventLoop& loop() { return loop_; }
    Context& context() { return context_; }
    Hub& hub() { return context_.hub; }
    ViewerCounters& counters() { return counters_; }
    std::chrono::nanoseconds stall_timeout() const { return context_.stall_timeout; }
    /// Where connections read into, one after the other.
    std::span<char> read_buffer() { return read_buffer_; }

    /// The message that carries the frame in that form to this shard's viewers; null: there is none.
    MessagePtr message(const FramePtr& frame, Form form);

    /// The message in the form that is the cheapest to send to so many viewers of this shard.
    MessagePtr share(MessagePtr message, std::size_t viewers);

    /// Forgets a closed connection; it is destroyed when the events at hand are done.
    void remove(Connection& connection);

private:
    friend class Subscription;
    friend class WatchAll;
    struct Listeners {
        std::vector<Subscription*> all;  // null: left during a delivery
        bool delivering = false;
    };
    Hub::Joined subscribe(Subscription& subscription);
    void unsubscribe(Subscription& subscription);
    void hand_out(const FramePtr& frame);
    template <typename Action>
    void for_each_connection(Action action);
    void tick();

    Context& context_;
    EventLoop loop_;
    ViewerCounters counters_;
    std::size_t sink_;
    PagePipe page_pipe_;  // outlives the connections' messages
    PageStore page_store_;
    std::size_t behind_ = 0;  // connections that had something to send at the last tick
    std::unordered_map<std::string, Listeners> listeners_;
    std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
    /// Of the frame that is being handed out.
    std::uint64_t handing_out_ = 0;
    std::array<MessagePtr, kForms> messages_;
    std::atomic<std::size_t> count_{0};
    std::atomic<double> load_{0};
    std::chrono::nanoseconds busy_{};  // thread time at the last tick
    SteadyClock::time_point ticked_;
    std::vector<char> read_buffer_;
    Timer ticker_;
    Timer deadline_;
    Timer preparer_;
    bool stopping_ = false;
};

}  // namespace framepipe::serve
