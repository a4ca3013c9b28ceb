// The newest pictures of a device, or of another server, for a reader that may be slow or away.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "frame/writer.hpp"
#include "source/source.hpp"

namespace framepipe {

struct LiveOptions {
    std::string name = {};  // what messages call the source ("/dev/video0")
    /// Close the device when the reader has taken no byte for so long; 0: never.
    std::chrono::nanoseconds idle_close{0};
    /// Open the device again when it fails, with a growing pause, until it is back; and so at the start if it
    /// fails by NotThereError.
    bool retry = true;
    std::optional<std::uint64_t> count = {};  // frames written in all
    std::optional<std::string> stream = {};
};

struct LiveResult {
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;  // taken from the device, but replaced by a newer one
};

/// Runs a device until `stop`, `count` or the reader's leaving. A thread of its own always takes
/// what the device gives and keeps the newest frame; a frame is written when all before it has been
/// read. `seq` counts what the device gave, so a gap is a drop. The thread ends before run_live
/// returns, which waits for the device's read: StopSignals ends the process if that takes too long.
///
/// The frames of a RelaySource keep what they say, whole or not live ones wait in their order for the
/// reader, and it is told which have been taken. It sends no more than it is told, so what is here when the
/// reader has time may be old: then a newer one is asked for first.
///
/// open     opens the device; throws Error. A failure other than NotThereError ends run_live if the device has
///          never been open, later ones are retried.
/// throws   Error if the device cannot be opened, or fails and is not to be retried
LiveResult run_live(const std::function<std::unique_ptr<Source>()>& open, FrameWriter& writer, const LiveOptions& options, const Say& say,
                    const std::stop_token& stop);

}  // namespace framepipe
