// Who may push frames to the server, and how many can.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "frame/descriptor.hpp"
#include "frame/frame.hpp"
#include "serve/intake.hpp"

namespace framepipe::serve {

struct PublishOptions {
    bool takeover = false;                       // a new producer takes the stream of another
    double max_rate = 1000;                      // frames a second of a stream
    std::uint64_t max_frame = kDefaultMaxFrame;  // bytes of payload
    std::size_t max_producers = 256;             // at a time
};

/// What a producer is told that may not push, or no longer.
struct PublishRefusal {
    unsigned status;  // of HTTP
    std::string text;
};

/// The producers of a server. Any thread. Ends before the hub, when all connections have ended.
class Publishing {
public:
    Publishing(std::shared_ptr<Hub> hub, PublishOptions options);
    /// Waits a moment for the producers' last frames.
    ~Publishing();

    /// A place to push to.
    /// stream   the name for frames that have none
    /// claims   whether the stream is to be the producer's at once, and not with its first frame
    /// permit   which streams it may publish
    /// refusal  why there is none
    /// returns  null if there is none
    std::shared_ptr<Intake> open(const std::string& stream, bool claims, PermitPtr permit, Intake::Notify notify, PublishRefusal& refusal);

    /// Reads frames, of any dialect, to the end and puts them into the intake.
    void read(std::shared_ptr<Intake> intake, Descriptor input);

    /// What a producer is told whose intake has lost its stream, or that left its frames out.
    PublishRefusal refusal_of(Taken taken, const std::string& stream) const;

    const PublishOptions& options() const { return options_; }

private:
    struct Tally;
    const std::shared_ptr<Hub> hub_;
    const PublishOptions options_;
    const std::shared_ptr<Tally> tally_;
};

}  // namespace framepipe::serve
