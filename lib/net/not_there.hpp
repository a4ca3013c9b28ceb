// Servers that nobody has started yet.
#pragma once

#include <cerrno>

#include "frame/error.hpp"

namespace framepipe {

/// Nobody serves at an address now, but may later: it refuses connections, no way leads there, or who is there
/// says so, or nothing yet. Other failures to connect, such as a name that does not exist or a refusal, mend by no waiting.
class NotThereError : public Error {
public:
    using Error::Error;
};

/// True for the errno of an attempt to connect that says no more than this.
inline bool is_not_there(int error_number) {
    return error_number == ECONNREFUSED || error_number == EHOSTUNREACH || error_number == ENETUNREACH || error_number == EHOSTDOWN ||
           error_number == ENETDOWN || error_number == ETIMEDOUT;
}

}  // namespace framepipe
