// An MJPEG stream (multipart/x-mixed-replace), as mjpg-streamer serves it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "serve/flow.hpp"

namespace framepipe::serve {

/// What never may be kept by anyone between us and the viewer, in mjpg-streamer's words.
const Headers& live_picture_headers();

/// The head of the response, up to the first boundary.
MessagePtr mjpeg_head_message(const std::optional<std::string>& readable_by, bool is_head);

class MjpegSession final : public Protocol {
public:
    /// stream  nullopt: the default one
    MjpegSession(Connection& connection, std::optional<std::string> stream, PermitPtr permit, As as, double fps);
    ~MjpegSession() override;

    void start();
    void on_bytes(std::string_view) override {}
    void on_end() override { connection_.close(); }
    bool may_begin(std::uint32_t slot) override;
    void on_sent(Outbox::Slot slot) override;
    void on_streams_changed() override { choose_stream(); }
    void on_dismissed(Refusal reason) override;
    void on_stop() override;

private:
    void choose_stream();
    void repeat();

    Connection& connection_;
    const std::optional<std::string> stream_;
    const PermitPtr permit_;  // for which stream it may be, if none is named
    const As as_;
    const double fps_;
    std::optional<DemandForAny> demand_;  // until the stream is chosen
    std::unique_ptr<Flow> flow_;
    std::weak_ptr<LiveFrame> last_;  // weak: a repetition is not worth the memory
    bool repeated_ = false;
    SteadyClock::time_point quiet_at_{};  // when the picture sent last is sent again, if none follows
    Timer repeater_;
};

}  // namespace framepipe::serve
