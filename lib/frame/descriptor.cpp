#include "frame/descriptor.hpp"

#include <unistd.h>

namespace framepipe {

void Descriptor::reset() {
    // close() is not retried on EINTR: on Linux the descriptor is gone by then.
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace framepipe
