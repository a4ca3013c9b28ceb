#include "serve/metrics.hpp"

namespace framepipe::serve {

std::string_view name_of(Drop drop) {
    static constexpr std::array<std::string_view, kDrops> kNames{"replaced", "rate", "paused", "queue", "failed"};
    return kNames[static_cast<std::size_t>(drop)];
}

std::string_view name_of(Refusal refusal) {
    static constexpr std::array<std::string_view, kRefusals> kNames{
        "bad_request", "host",  "origin", "token",    "not_found", "method",      "too_large",           "timeout",
        "stalled",     "queue", "memory", "protocol", "publish",   "connections", "address_connections", "request_rate", "forbidden"};
    return kNames[static_cast<std::size_t>(refusal)];
}

}  // namespace framepipe::serve
