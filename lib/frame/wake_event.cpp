#include "frame/wake_event.hpp"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "frame/error.hpp"

namespace framepipe {

WakeEvent::WakeEvent() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_) throw SystemError("cannot make an event", errno);
}

void WakeEvent::set() {
    const std::uint64_t one = 1;
    (void)!::write(event_.get(), &one, sizeof one);
}

void WakeEvent::clear() {
    std::uint64_t count;
    (void)!::read(event_.get(), &count, sizeof count);
}

}  // namespace framepipe
