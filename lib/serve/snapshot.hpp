// A request that waits for a fresh picture.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "serve/shard.hpp"

namespace framepipe::serve {

class SnapshotWait {
public:
    /// permit     which stream it may be, if none is named
    /// on_answer  called once: with the picture, or with null if none came in time
    SnapshotWait(Shard& shard, std::optional<std::string> stream, PermitPtr permit, Form form,
                 std::function<void(const FramePtr&)> on_answer);
    ~SnapshotWait();

    void start();
    bool answered() const { return answered_; }

private:
    struct Watch;
    void choose_stream();
    void answer(const FramePtr& frame);

    Shard& shard_;
    const std::optional<std::string> stream_;
    const PermitPtr permit_;
    const Form form_;
    std::function<void(const FramePtr&)> on_answer_;
    bool answered_ = false;
    std::optional<DemandForAny> demand_;  // until the stream is chosen
    std::unique_ptr<Watch> watch_;
    Timer timeout_;
    Timer look_;
};

}  // namespace framepipe::serve
