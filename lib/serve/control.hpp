// What a framepipe.v1 viewer asks for: JSON objects in text messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/live_frame.hpp"

namespace framepipe::serve {

struct Control {
    std::optional<std::uint64_t> ack;
    std::string stream;  // of the ack
    bool subscribe_all = false;
    std::optional<std::vector<std::string>> subscribe;
    std::optional<double> fps;
    std::optional<bool> pause;
    std::optional<std::string> request;  // the question's name, which its answer carries
    std::string text;                    // of the request
    std::optional<As> as;                // what the answer's picture is to be
    std::optional<std::string> ping;     // JSON text, to be sent back
};

/// throws Error that says what is wrong with the message
Control parse_control(std::string_view json);

}  // namespace framepipe::serve
