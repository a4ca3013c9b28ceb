// Passes the messages of clients on to all clients (wsserve --hub).
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "serve/intake.hpp"
#include "serve/message.hpp"
#include "serve/relay_bundle.hpp"
#include "serve/relay_kind.hpp"

namespace framepipe::serve {

class RelaySession;
class Shard;

/// Any thread. A message goes to each thread of clients once, and there to its clients.
class Relay {
public:
    /// hub          where pictures and numbers are streams too
    /// max_message  the longest that a client may send, in bytes
    Relay(std::shared_ptr<Hub> hub, std::size_t max_message);
    /// Waits a moment for the last frames.
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    std::size_t max_message() const { return max_message_; }

    /// The clients of one thread. Its members are for that thread, but for the last two.
    struct Room {
        explicit Room(Shard& in) : shard(in) {}
        /// Hands over what has arrived.
        void hand_out();

        Shard& shard;
        std::vector<RelaySession*> clients;
        std::atomic<std::size_t> count{0};
        std::mutex mutex;  // guards arrived
        std::vector<Passed> arrived;

    private:
        void hand_out(const Bundle& bundle);
        std::vector<RelaySession*> behind_;  // during the call: clients that do not keep up
    };
    std::shared_ptr<Room> room(Shard& shard);

    /// Hands the message to all clients.
    void pass_on(std::string_view payload, bool is_text, const RelayKind& kind);
    /// A client's socket has begun to take the picture that is this live frame.
    void note_begun(std::uint64_t frame_id);
    /// True if one has begun to take the last picture, or nobody could.
    bool is_taken() const { return is_taken_; }
    /// Makes the picture, or the numbers as text, a frame of `stream`, for viewers.
    void show(Frame frame);

    /// A client feeds a stream (change: 1), or leaves (-1). With the last of them the stream ends.
    void count_feeders(const std::string& stream, int change);

private:
    std::uint32_t slot_number(std::string_view slot);

    const std::shared_ptr<Hub> hub_;
    const std::size_t max_message_;
    const std::shared_ptr<Intake> intake_;
    struct Ending;
    const std::shared_ptr<Ending> ending_;
    // Of the last picture; may be somewhat off where several clients send pictures.
    std::atomic<std::uint64_t> last_picture_{0};
    std::atomic<bool> is_taken_{true};

    std::mutex mutex_;  // guards all below
    std::vector<std::shared_ptr<Room>> rooms_;
    std::map<std::string, std::uint32_t, std::less<>> slots_;
    std::map<std::string, int> feeders_;
};

}  // namespace framepipe::serve
