// Reads an input and hands its frames to the hub; with --on-demand only while somebody watches.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "frame/input.hpp"
#include "serve/hub.hpp"
#include "serve/staleness.hpp"

namespace framepipe::serve {

class InputFeed {
public:
    /// fd         what `input` reads, to see that its writer has gone; not owned
    /// stream     the name for frames that have none
    /// on_demand  read only while the hub has demand. The first frame is always read: it tells what
    ///            streams there are, and how late their frames usually come
    InputFeed(std::unique_ptr<FrameInput> input, int fd, std::shared_ptr<Hub> hub, std::string stream, bool on_demand);

    /// Reads to the end, which the hub is told.
    /// returns  what was wrong with the input; empty: nothing
    std::string run();

private:
    void take(Frame frame);
    bool is_old(const Frame& frame);
    void wait_for_demand();

    std::unique_ptr<FrameInput> input_;
    const int fd_;
    std::shared_ptr<Hub> hub_;
    const std::string stream_;
    const bool on_demand_;
    Staleness staleness_;
    bool writer_gone_ = false;
    bool catching_up_ = false;        // demand has come back: what waited is thrown away
    std::uint64_t thrown_bytes_ = 0;  // since then
};

}  // namespace framepipe::serve
