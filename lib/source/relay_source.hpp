// A source that is another framepipe: its frames are finished, and it sends on only what is read.
#pragma once

#include <cstdint>
#include <string>

#include "source/waiting_source.hpp"

namespace framepipe {

class RelaySource : public WaitingSource {
public:
    /// True if frames say themselves what they are: `seq`, `time_us` and `live` stay.
    virtual bool keeps_headers() const = 0;

    /// Says that `count` more frames of `stream` were read downstream, or replaced by newer ones: as many may
    /// now come. Any thread may call.
    virtual void taken(const std::string& stream, std::uint64_t count) = 0;
};

}  // namespace framepipe
