// Frames of one stream as they come from a broker.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "broker/connection.hpp"
#include "broker/header_travel.hpp"
#include "frame/frame.hpp"

namespace framepipe::broker {

/// Makes frames of messages again. What is left out is said by `left_out`, the same words for the same reason.
class Incoming {
public:
    using LeftOut = std::function<void(const std::string& why)>;

    Incoming(std::string stream, std::uint64_t max_frame, LeftOut left_out)
        : stream_(std::move(stream)), max_frame_(max_frame), left_out_(std::move(left_out)) {}

    /// A header on its way to the picture that follows it.
    void meta(const Message& message);
    /// No such headers come any more, until the next one does.
    void forget_metas();
    /// now      when it has come
    /// returns  nullopt: it is left out
    std::optional<Frame> picture(const Message& message, SteadyClock::time_point now);
    /// type  of what comes without one
    std::optional<Frame> words(const Message& message, const char* type);
    /// The last picture, for who has not seen it or a later one yet.
    std::optional<Frame> snapshot(const Message& message, SteadyClock::time_point now);
    /// nullopt: nobody needs to know.
    std::optional<Frame> status(const Message& message);

    /// Something of the stream is there, or was.
    bool known() const { return known_; }
    /// True if the broker says that nobody publishes it now.
    bool offline() const { return offline_; }

private:
    Header header_of(const Message& message);
    bool is_older(const Header& header, SteadyClock::time_point now);
    std::optional<Frame> finished(Header header, const Message& message) const;

    const std::string stream_;
    const std::uint64_t max_frame_;
    const LeftOut left_out_;
    bool known_ = false;
    bool offline_ = false;
    bool pictured_ = false;    // a picture has come
    std::deque<Meta> metas_;   // since the last picture
    bool has_metas_ = false;   // the stream's headers come as messages
    std::int64_t number_ = 0;  // of pictures without a header
    // Of the last picture with a number.
    std::optional<std::int64_t> seq_;
    std::int64_t time_us_ = 0;
    SteadyClock::time_point came_{};
    // Of those that seem to be older and have come since then.
    std::optional<SteadyClock::time_point> older_since_;
    SteadyClock::time_point older_came_{};
};

}  // namespace framepipe::broker
