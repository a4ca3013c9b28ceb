// What all threads of a server share; set up before the first starts.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "serve/access.hpp"
#include "serve/hub.hpp"
#include "serve/limits.hpp"
#include "serve/site.hpp"
#include "serve/tls.hpp"

namespace framepipe::serve {

class CommandSource;
class Desk;
class Publishing;
class Relay;

struct Context {
    Hub& hub;
    const Access& access;
    const Site& site;
    Limits& limits;
    /// Null: TLS is not spoken.
    const TlsIdentity* tls = nullptr;
    As default_as = As::image;
    std::vector<std::string> websocket_paths{};
    std::vector<std::string> mjpeg_paths{};  // besides /stream.mjpg
    /// What a proxy leaves in front of all paths, "/cam/"; empty: nothing.
    std::string base_path{};
    std::chrono::nanoseconds stall_timeout{};
    std::chrono::nanoseconds header_timeout{};
    /// Where viewers' questions go; null: nobody answers.
    Desk* desk = nullptr;
    /// Where producers push frames; null: nowhere.
    Publishing* publishing = nullptr;
    /// What passes clients' messages on; null: nothing.
    Relay* relay = nullptr;
    /// Commands whose frames are streams (--source).
    std::span<const std::unique_ptr<CommandSource>> sources{};
    /// The counters of all threads of viewers.
    std::vector<const ViewerCounters*> counters{};
};

}  // namespace framepipe::serve
