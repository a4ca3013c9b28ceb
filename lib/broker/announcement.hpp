// What a stream says of itself in retained messages.
#pragma once

#include <cstdint>
#include <string>

#include "broker/topics.hpp"
#include "frame/clock.hpp"
#include "frame/header.hpp"

namespace framepipe::broker {

/// The words of `status`.
inline constexpr const char* kOnline = "online";
inline constexpr const char* kOffline = "offline";

/// The JSON of `info`: type, size and rate of the pictures.
class Info {
public:
    /// Takes the header of a picture that is sent.
    /// returns  true if text() says something new that others should know: type, size, or a rate that changed
    ///          by a tenth; the rate is looked at every five seconds, and first after two
    bool note(const Header& header, SteadyClock::time_point now);
    std::string text() const;
    bool empty() const { return type_.empty(); }

private:
    std::string type_;
    std::int64_t width_ = 0;
    std::int64_t height_ = 0;
    double rate_ = 0;  // 0: not known yet
    std::uint64_t count_ = 0;
    SteadyClock::time_point since_{};
};

/// Home Assistant's discovery of a camera.
/// source  https://www.home-assistant.io/integrations/camera.mqtt/
struct Discovery {
    std::string topic;
    std::string payload;
};
/// prefix  under which Home Assistant listens: "homeassistant"
Discovery home_assistant(const std::string& prefix, const Topics& topics, const std::string& stream);

}  // namespace framepipe::broker
