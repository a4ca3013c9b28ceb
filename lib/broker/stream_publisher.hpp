// The frames of one stream on their way to a broker.
#pragma once

#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "broker/announcement.hpp"
#include "broker/dialer.hpp"
#include "broker/keeper.hpp"
#include "broker/publisher.hpp"
#include "broker/size_limit.hpp"
#include "codec/recode.hpp"
#include "net/frame_queue.hpp"

namespace framepipe::broker {

/// One thread puts frames in, another one runs it: connects, waits for the broker and sends what had to wait. While
/// there is nothing of that to do, who puts a frame in sends it itself, which spares waking the other.
class StreamPublisher {
public:
    StreamPublisher(const PublishOptions& options, const std::string& stream, const PublishWords& words, const std::stop_token& stop);

    /// returns  false if none are sent any more
    bool put(Frame frame);
    void end() { queue_.end(); }

    /// Sends until the end, or until told to stop.
    /// throws Error if there is no connection at first, or the broker will have none of the frames
    void run();

    /// Live pictures that were replaced by newer ones.
    std::uint64_t dropped() const { return queue_.dropped(); }

private:
    void session();
    void greet(Connection& connection);
    void push(Connection& connection);
    void rest(Connection& connection, SteadyClock::time_point until, std::unique_lock<std::mutex>& turn);
    bool send_at_once(Frame& frame);
    void finish(Connection& connection);
    void take_leave(Connection& connection);
    void wait_acknowledged(Connection& connection);

    void send(Connection& connection, Frame frame);
    void send_picture(Connection& connection, Frame frame);
    void send_snapshot(Connection& connection);
    void send_info(Connection& connection);
    void say_status(Connection& connection, bool online, bool acknowledged = false);
    void say_status_again(Connection& connection);
    void keep(Connection& connection, const std::string& topic, Bytes payload);
    std::optional<Frame> encoded(Frame frame);
    void snapshot_answered(const std::optional<Refusal>& refusal);
    void learn_limit(std::uint64_t size);
    std::string over_limit() const;
    void leave_out(const std::string& why) { words_.left_out(why); }
    void heard(const Message& message);

    const PublishOptions options_;
    const PublishWords words_;
    const std::stop_token stop_;
    const std::string name_;
    const Topics topics_;
    FrameQueue queue_;
    KeptLink link_;
    Dialer dialer_;

    std::mutex turn_;
    // The rest is of the thread that runs, and guarded by turn_ while it is in push().
    Connection* resting_ = nullptr;  // free to be sent by
    std::exception_ptr failure_;     // of who sent by it
    std::optional<Keeper> keeper_;   // for brokers of MQTT 3.1.1
    Recoder recoder_;
    Info info_;
    SizeLimit limit_;
    std::optional<Frame> in_hand_;             // being sent, and to be sent again if the connection breaks
    std::optional<Frame> last_;                // the newest picture that was sent
    std::optional<std::uint64_t> unanswered_;  // the size of a snapshot that the broker has not acknowledged
    bool last_is_snapshot_ = false;
    SteadyClock::time_point snapshot_at_{};
    bool online_ = true;         // what we last said
    bool contradicted_ = false;  // somebody says that we are offline
};

}  // namespace framepipe::broker
