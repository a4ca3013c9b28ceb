// Reads an input and hands its frames to the hub; with --on-demand only while somebody watches.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "frame/input.hpp"
#include "frame/staleness.hpp"
#include "frame/wake_event.hpp"
#include "serve/hub.hpp"

namespace framepipe::serve {

class InputFeed final : public Feeder {
public:
    /// fd         what `input` reads, to see that its writer has gone; not owned
    /// stream     the name for frames that have none
    /// on_demand  read only while somebody wants a stream that this input feeds or may feed. The first frame is always read: it tells what
    ///            streams there are, and how late their frames usually come
    /// may_be_empty  the end of an input without a frame is not worth a word: frames come from elsewhere
    InputFeed(std::unique_ptr<FrameInput> input, int fd, std::shared_ptr<Hub> hub, std::string stream, bool on_demand,
              bool may_be_empty = false);

    /// Reads to the end, which the hub is told.
    /// returns  what was wrong with the input; empty: nothing
    std::string run();
    void on_lost(const std::string&) override {}
    void on_wanted(bool wanted) override;

private:
    void take(Frame frame);
    bool is_old(const Frame& frame);
    void wait_for_demand();

    std::unique_ptr<FrameInput> input_;
    const int fd_;
    std::shared_ptr<Hub> hub_;
    const std::string stream_;
    const bool on_demand_;
    const bool may_be_empty_;
    bool empty_ = true;
    std::atomic<bool> wanted_{false};
    WakeEvent woken_;  // when they are
    Staleness staleness_;
    bool writer_gone_ = false;
    bool catching_up_ = false;        // demand has come back: what waited is thrown away
    std::uint64_t thrown_bytes_ = 0;  // since then
};

}  // namespace framepipe::serve
