// One asker's requests and their answers, in the order of asking.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "frame/clock.hpp"
#include "process/responder.hpp"

namespace framepipe {

/// A request until its answer has been handed out.
struct PendingRequest {
    std::uint64_t id = 0;                    // unique among all askers; goes into the pipeline as `request`
    std::uint32_t note = 0;                  // the asker's own
    std::optional<std::string> own_request;  // the asker's own `request`, as JSON text
    std::optional<Frame> request;            // until it is sent
    std::optional<Frame> answer;
    SteadyClock::time_point deadline;

    bool waits() const { return request && !answer; }
    bool under_way() const { return !request && !answer; }
};

/// The state of an asker. Its list is guarded by the responder's mutex; answers are handed out under
/// `delivery`, so that they keep their order whichever thread has them, and end when the asker is gone.
struct Responder::Asker::State {
    explicit State(Answer answer) : hand_out(std::move(answer)) {}

    std::deque<PendingRequest> pending;  // guarded by the responder's mutex

    std::mutex delivery;  // guards hand_out and gone
    Answer hand_out;
    bool gone = false;
};

}  // namespace framepipe
