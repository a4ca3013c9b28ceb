// A frame while viewers want it: its representations and the messages that carry them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "frame/clock.hpp"
#include "frame/frame.hpp"
#include "serve/message.hpp"
#include "serve/metrics.hpp"
#include "serve/picture_maker.hpp"

namespace framepipe::serve {

/// What of a picture a viewer wants.
enum class As : std::uint8_t {
    image,     // as it came, pixels as JPEG
    lossless,  // as it came, pixels as PNG
    jpeg,
    raw,       // RGBA bytes
    base64,    // of the image, as text
    data_url,  // the same
};
inline constexpr std::size_t kRepresentations = 6;
/// `image`, `lossless`, `raw`, `base64` and `data-url`, as people type them.
std::optional<As> parse_as(std::string_view text);
/// Its messages are binary, not text.
bool travels_as_bytes(As as);

/// How it travels.
enum class Wrap : std::uint8_t {
    bare,       // a WebSocket message
    bare_meta,  // the header as a text message, then that
    v1,         // a whole frame in a binary message
    mjpeg,      // a part of multipart/x-mixed-replace
};

/// A representation in its wrapping: what viewers of one kind share.
struct Form {
    Wrap wrap = Wrap::bare;
    As as = As::image;
    std::size_t index() const { return static_cast<std::size_t>(wrap) * kRepresentations + static_cast<std::size_t>(as); }
};
inline constexpr std::size_t kForms = 4 * kRepresentations;
Form form_at(std::size_t index);

/// What all live frames share. Outlives them.
struct FrameContext {
    PictureMaker& maker;
    Metrics& metrics;
};

/// The boundary of multipart streams, and the end of one.
inline constexpr std::string_view kBoundary = "framepipe-boundary";
std::string mjpeg_end();

/// Immutable but for what is made on demand: each form once, whoever asks. Any thread.
class LiveFrame : public std::enable_shared_from_this<LiveFrame> {
public:
    /// id  counts all frames of the server, from 1
    LiveFrame(Frame frame, std::uint64_t id, FrameContext context);
    ~LiveFrame();
    LiveFrame(const LiveFrame&) = delete;
    LiveFrame& operator=(const LiveFrame&) = delete;

    const Header& header() const { return frame_.header; }
    const Bytes& payload() const { return frame_.payload; }
    const std::string& stream() const { return stream_; }
    std::uint64_t id() const { return id_; }
    bool is_picture() const { return is_picture_; }
    SteadyClock::time_point arrival() const { return arrival_; }

    /// The message that carries this frame in that form; it keeps the frame alive. Null if there is
    /// none: the picture is broken, or text was asked for as a picture.
    MessagePtr message(Form form);

    struct Picture {
        Header header;  // that describes the bytes
        Bytes bytes;
    };
    /// The picture as `as`; nullopt as above.
    std::optional<Picture> picture(As as);

private:
    struct Made {
        bool tried = false;
        std::optional<Bytes> bytes;
        Header header;  // that describes them
    };
    const Made& made(As as);  // with the mutex held
    Made make(As as);         // with the mutex held
    std::unique_ptr<Message> wrap(Form form);
    void hold(std::size_t bytes);

    const Frame frame_;
    const std::string stream_;
    const std::uint64_t id_;
    const FrameContext context_;
    const bool is_picture_;
    const SteadyClock::time_point arrival_ = SteadyClock::now();
    const std::optional<Seconds> age_;                         // at its arrival, by time_us
    std::array<std::atomic<const Message*>, kForms> ready_{};  // owned by messages_

    std::mutex mutex_;  // guards all below
    std::array<Made, kRepresentations> made_;
    std::array<bool, kForms> tried_{};
    std::array<std::unique_ptr<Message>, kForms> messages_;
    std::size_t held_ = 0;  // bytes
};

using FramePtr = std::shared_ptr<LiveFrame>;

}  // namespace framepipe::serve
