// Wakes a thread that polls descriptors.
#pragma once

#include "frame/descriptor.hpp"

namespace framepipe {

/// A descriptor that is readable from set() to clear(), however often set() was called. Any thread.
class WakeEvent {
public:
    /// throws SystemError if there is no descriptor to be had
    WakeEvent();

    int fd() const { return event_.get(); }
    void set();
    void clear();

private:
    Descriptor event_;
};

}  // namespace framepipe
