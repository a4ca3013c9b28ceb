// A refusal, and what the peer is told.
#pragma once

#include <string>

#include "serve/metrics.hpp"

namespace framepipe::serve {

struct Denial {
    unsigned status;  // of HTTP
    Refusal reason;
    std::string text;  // one line that names the option which would admit it
};

}  // namespace framepipe::serve
