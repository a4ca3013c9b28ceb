// Frames on their way to a broker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "broker/connection.hpp"
#include "frame/frame.hpp"
#include "net/frame_link.hpp"
#include "net/kept_link.hpp"

namespace framepipe::broker {

struct PublishOptions {
    Address address;
    std::string prefix = {};
    Login login = {};
    bool wait = false;                               // see KeptLink
    int quality = 80;                                // of JPEGs that are made of pixels, 1 to 100
    std::optional<std::string> home_assistant = {};  // the prefix of its discovery; nullopt: it is not told
    /// The name of the stream that frames without a name belong to.
    std::string stream = "default";
};

/// Where words go, from any thread.
struct PublishWords {
    LinkWords link;
    /// A frame that the broker or its topics have no place for; the same words for the same reason.
    std::function<void(const std::string& why)> left_out;
};

/// One thread puts frames in, and each stream has a thread with a connection that sends them: a last will is
/// one topic's. Live pictures that wait give way to newer ones; other frames are all sent, but not kept: who
/// does not listen does not get them.
class Publisher : public FrameLink {
public:
    Publisher(PublishOptions options, PublishWords words, std::stop_token stop);
    ~Publisher() override;

    bool put(Frame frame) override;
    void end() override;
    void run() override;
    std::uint64_t dropped() const override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe::broker
