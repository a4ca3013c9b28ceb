#include "broker/incoming.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "broker/announcement.hpp"
#include "frame/error.hpp"
#include "frame/image_info.hpp"

namespace framepipe::broker {
namespace {

/// Headers that wait for their pictures. Brokers keep the order, so one would do, but for those that do not.
constexpr std::size_t kMostMetas = 4;
/// When what seems to be older has come for so long, and nothing newer, it is of a producer that began anew with its
/// clock set back.
constexpr auto kBeganAnew = std::chrono::seconds(2);
/// Such pictures come without a pause of this length.
constexpr auto kPause = std::chrono::seconds(1);
/// A broker that was cut off from the others may send what it kept after half a minute, but hardly after this.
constexpr auto kForgotten = std::chrono::seconds(60);

std::string_view text_of(const Message& message) {
    return {reinterpret_cast<const char*>(message.payload.data()), message.payload.size()};
}

}  // namespace

void Incoming::meta(const Message& message) {
    known_ = has_metas_ = true;
    if (message.payload.size() > kMaxHeaderSize) return left_out_("a meta that is longer than any header");
    try {
        metas_.push_back(Meta::parse(text_of(message)));
        if (metas_.size() > kMostMetas) metas_.pop_front();
    } catch (const Error& error) {
        left_out_(fmt::format("a meta that is no header ({})", error.what()));
    }
}

void Incoming::forget_metas() {
    metas_.clear();
    has_metas_ = false;
}

/// With the message if it can be, else from the meta that belongs to it.
Header Incoming::header_of(const Message& message) {
    if (!message.content_type.empty()) {
        metas_.clear();  // the last one is this frame's
        return from_properties(message.content_type, message.properties);
    }
    const auto meta = std::find_if(metas_.rbegin(), metas_.rend(), [&](const Meta& one) { return one.belongs_to(message.payload); });
    if (meta != metas_.rend()) {
        Header header = std::move(meta->header);
        metas_.clear();
        return header;
    }
    const std::string type(sniff_image(message.payload));
    Header header = from_properties(type.empty() ? "application/octet-stream" : type, message.properties);
    if (!header.seq()) {
        if (has_metas_)
            left_out_("a meta belongs to another frame, whose number and time are therefore not known");
        else
            header.set("seq", number_++);
        header.set("live", true);
    }
    return header;
}

/// Brokers of a cluster may send what is on its way twice or late when one of them goes.
bool Incoming::is_older(const Header& header, SteadyClock::time_point now) {
    const auto seq = header.seq();
    if (!seq) return false;
    const auto time = header.time_us().value_or(0);
    const bool same = seq == seq_ && time == time_us_;
    if (same || (seq_ && *seq <= *seq_ && time <= time_us_ && now - came_ < kForgotten)) {
        if (!older_since_ || now - older_came_ > kPause) older_since_ = now;
        older_came_ = now;
        if (now - *older_since_ < kBeganAnew) return true;
    }
    older_since_.reset();
    seq_ = seq;
    time_us_ = time;
    came_ = now;
    return false;
}

std::optional<Frame> Incoming::finished(Header header, const Message& message) const {
    header.set("stream", stream_);
    return Frame{std::move(header), Bytes::copy_of(message.payload)};
}

std::optional<Frame> Incoming::picture(const Message& message, SteadyClock::time_point now) {
    known_ = true;
    if (message.payload.size() > max_frame_) {
        left_out_(fmt::format("a frame is over the limit of {} bytes (--max-frame)", max_frame_));
        return std::nullopt;
    }
    const auto info = identify_image(message.payload);
    Header header = header_of(message);
    // Types that we do not know pass for what they say.
    const std::string& type = header.type();
    const bool known = type == "image/jpeg" || type == "image/png" || type == "image/webp";
    if (known ? !info || info->type != type : !header.is_image()) {
        left_out_(fmt::format("a frame is no {}", known ? type : "picture"));
        return std::nullopt;
    }
    if (info && header.width() == 0) {
        header.set("width", std::int64_t{info->width});
        header.set("height", std::int64_t{info->height});
    }
    if (is_older(header, now)) return std::nullopt;
    pictured_ = true;
    offline_ = false;
    return finished(std::move(header), message);
}

std::optional<Frame> Incoming::snapshot(const Message& message, SteadyClock::time_point now) {
    known_ = true;
    if (offline_) return std::nullopt;
    // Which picture it is must be known: it may be one that was sent while we had no connection. One that is not
    // retained came between our subscription and what the broker had kept, and its picture went before.
    if (pictured_ && !from_properties(message.content_type, message.properties).seq()) return std::nullopt;
    return picture(message, now);
}

std::optional<Frame> Incoming::words(const Message& message, const char* type) {
    known_ = true;
    if (message.payload.size() > max_frame_) {
        left_out_(fmt::format("a frame is over the limit of {} bytes (--max-frame)", max_frame_));
        return std::nullopt;
    }
    return finished(from_properties(message.content_type.empty() ? type : message.content_type, message.properties), message);
}

std::optional<Frame> Incoming::status(const Message& message) {
    known_ = true;
    const bool offline = text_of(message) == kOffline;
    const bool ends = offline && !offline_ && pictured_;
    offline_ = offline;
    if (!ends) return std::nullopt;
    Header header("image/jpeg");
    header.set("end", true);
    header.set("stream", stream_);
    return Frame{std::move(header), {}};
}

}  // namespace framepipe::broker
