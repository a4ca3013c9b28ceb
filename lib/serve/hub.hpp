// Where frames meet viewers: named streams, and the threads that viewers live in.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/live_frame.hpp"
#include "serve/permit.hpp"
#include "serve/stream.hpp"

namespace framepipe::serve {

/// A thread of viewers. All calls may come from any thread, and return at once.
class FrameSink {
public:
    virtual ~FrameSink() = default;
    virtual void deliver(FramePtr frame) = 0;
    /// A stream has appeared, or changed its state.
    virtual void streams_changed() = 0;
    /// Lets go of the viewers that hold this frame or an older one.
    virtual void shed(std::uint64_t frame_id) = 0;
};

struct HubOptions {
    int quality = 80;                         // of JPEGs made here
    std::uint64_t max_memory = 256ULL << 20;  // of all live frames together, bytes
    std::size_t max_streams = 256;            // each keeps its last picture; frames of further ones are left out
};

/// What became of a frame, or of the wish to feed a stream.
enum class Taken : std::uint8_t {
    yes,
    other_feeder,      // somebody else feeds the stream
    too_many_streams,  // and it would be one more
    too_fast,          // more frames a second than admit() lets through
    forbidden,         // its token is not for that stream
};

/// Any thread. A frame takes the lock twice, a viewer when it comes and goes; viewers that are there
/// share no lock on the way of a frame.
class Hub {
public:
    explicit Hub(HubOptions options);
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// Before the first frame and the first viewer. returns the sink's number
    std::size_t add_sink(FrameSink& sink);
    /// From here on no sink is called: the threads are about to end.
    void close();

    // For inputs.

    /// Hands a frame to all who want it. The forms that are wanted are made in the calling thread.
    /// feeder  becomes the stream's if it has none; null: for nobody in particular
    Taken publish(Frame frame, Feeder* feeder = nullptr);
    /// Asks whether a stream may have one more frame now, before it is published.
    /// a_second  the most frames that it may have
    /// returns   zero: it may, and the frame is counted; else how much later to ask again
    SteadyClock::duration admit(const std::string& stream, const Feeder& feeder, double a_second);
    /// Counts a frame that its feeder had to leave out.
    void count(Taken taken);
    /// Makes `feeder` the one that feeds the stream. takeover: in place of whoever does.
    Taken claim(const std::string& stream, Feeder& feeder, bool takeover);
    /// Makes a stream that exists from now on, before the first frame, and is the feeder's. A producer may
    /// take it over, and gives it back when it leaves. The feeder is told whether somebody wants it.
    void declare(const std::string& stream, Feeder& owner, StreamState state);
    /// Changes the state of a stream, if it is the feeder's at present.
    void set_state(const Feeder& feeder, const std::string& stream, StreamState state);
    /// The source of the feeder's stream failed: viewers get the picture, until a frame comes.
    /// words  what the picture says, for lists
    void fail(const Feeder& feeder, Frame picture, std::string words);
    /// From here to release() the feeder is told whether somebody wants a stream that it feeds, or one
    /// that nobody feeds and that may turn out to be its own.
    void attach(Feeder& feeder);
    /// The feeder ends: its streams have ended, until somebody feeds them again.
    void release(Feeder& feeder);
    /// A frame that is for one viewer alone: an answer.
    FramePtr make_live(Frame frame);
    /// A message for any number of viewers that is no frame. It counts as one in memory.
    MessagePtr hold(std::string head, Bytes body);
    /// The feeder stops for want of viewers: its streams are idle until the next frame.
    void idle(const Feeder& feeder);
    /// Nothing has come for the feeder since idle(): what its streams showed last is what there is, also for
    /// who has come meanwhile.
    void go_on(const Feeder& feeder);
    /// The input of the server is over. failure: what was wrong with it; empty: nothing
    void end_input(std::string failure);

    // For viewers. Whoever joins a stream wants its pictures, until it pauses or leaves.

    struct Joined {
        FramePtr latest;                                    // what the viewer gets at once; null: none yet, or it would be old
        std::shared_ptr<std::atomic<std::uint64_t>> drops;  // of the stream, for the viewer to count in
    };
    /// Counts a viewer of the stream, which need not exist yet.
    Joined join(std::size_t sink, const std::string& stream, Form form);
    /// wants  as it was: the viewer had not paused
    void leave(std::size_t sink, const std::string& stream, Form form, bool wants);
    /// A viewer of the stream pauses (change: -1), or goes on (1).
    void add_demand(const std::string& stream, int change);
    /// A viewer wants pictures of whatever stream comes (1), or no longer (-1).
    void add_demand_for_any(int change);
    /// From here on (change: 1) the sink gets the frames of all streams, so that a viewer who waits for
    /// whatever stream comes misses none of its frames; no longer (-1).
    void watch_all(std::size_t sink, int change);

    // permit  what the viewer may watch: other streams do not exist for it

    /// What a viewer gets that names none: "" if it exists, else the first one; nullopt: none exists.
    std::optional<std::string> default_stream(const Permit& permit) const;
    /// The same among those that have a picture, or whose source may bring one.
    std::optional<std::string> default_picture_stream(const Permit& permit) const;
    /// The latest frame, unless it would be old (idle).
    FramePtr latest(const std::string& stream) const;
    /// The streams that exist, in the order of their appearance.
    std::vector<StreamStatus> streams(const Permit& permit = *Permit::everything()) const;
    /// Nothing: all is well; else what is not, as a line of text.
    std::optional<std::string> complaint() const;

    Metrics& metrics() { return metrics_; }

private:
    Taken take(Frame frame, Feeder* feeder);
    Stream& stream(const std::string& name);
    bool is_listed(const std::string& name) const;
    /// False for a new stream when there are too many, and none that is past could give way.
    bool has_room_for(const std::string& name);
    void forget_if_unknown(const std::string& name);
    void make_wanted(LiveFrame& frame, const std::array<std::uint32_t, kForms>& wants);
    void shed_oldest(std::uint64_t newest);
    bool is_latest(std::uint64_t id) const;
    void tell_changed();
    void hand_out(const Stream& stream, const FramePtr& frame);
    void change_demand(Stream& stream, int change);
    void tell_demand();

    const HubOptions options_;
    Metrics metrics_;
    PictureMaker maker_;
    std::atomic<std::uint64_t> next_id_{1};

    mutable std::mutex mutex_;  // guards all below
    std::vector<FrameSink*> sinks_;
    std::vector<int> watching_all_;  // viewers in each sink
    int demand_for_any_ = 0;
    std::vector<Feeder*> attached_;
    std::map<std::string, Stream, std::less<>> streams_;
    std::vector<std::string> order_;  // of streams that were declared, or that a frame has come for
    struct Alive {
        std::weak_ptr<const void> what;  // a frame, or a message that is none
        std::uint64_t id;
    };
    std::deque<Alive> alive_;
    bool ended_ = false;
    std::string failure_;
};

}  // namespace framepipe::serve
