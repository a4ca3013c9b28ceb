// Slices of a volume as frames, and as answers to requests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "frame/frame.hpp"
#include "volume/slice_look.hpp"
#include "volume/volume.hpp"

namespace framepipe {

/// Gives the slices that are asked for. One thread at a time.
class SliceFrames {
public:
    /// bad     told why a frame that is no request is left out
    /// throws  Error if the options ask for what the volume has not
    SliceFrames(Volume volume, SliceOptions options, std::function<void(const std::string& why)> bad);
    ~SliceFrames();

    /// Answers a text frame: with the slice, or the description, that it asks for. All other keys of its header stay, those
    /// of its `meta` too. A request that cannot be done is answered by an error. An answer that is an error already, and what is
    /// no text and no request, stay as they are. nullopt: left out.
    std::optional<Frame> operator()(Frame frame);

    /// The slice as a frame; `header` brings the other keys.
    /// throws Error if the request asks for what the volume has not
    Frame slice(Header header, const SliceRequest& request);

    /// The description as an application/json frame; `header` brings the other keys.
    Frame description(Header header) const;

    /// False if some voxel was found to be NaN or infinite: each is shown as what lies below or above the range.
    bool finite() const;

    /// How many slices there are along the axis of the options.
    std::int64_t slices() const;

    /// Nothing waits: slices near the last one are brought closer until the next is asked for.
    void rest();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe
