#include "broker/announcement.hpp"

#include <fmt/format.h>

#include <cmath>

namespace framepipe::broker {
namespace {

constexpr auto kFirstLook = std::chrono::seconds(2);
constexpr auto kLook = std::chrono::seconds(5);

/// Home Assistant takes letters, digits, _ and - only; other bytes are two digits, so that no two streams
/// become one.
std::string object_id(const std::string& base) {
    std::string id;
    for (const char c : base) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        id += plain ? std::string(1, c) : c == '/' ? "_" : fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
    return id;
}

}  // namespace

bool Info::note(const Header& header, SteadyClock::time_point now) {
    bool is_new = header.type() != type_ || header.width() != width_ || header.height() != height_;
    if (type_.empty()) since_ = now;
    type_ = header.type();
    width_ = header.width();
    height_ = header.height();
    const auto passed = now - since_;
    if (passed >= (rate_ > 0 ? kLook : kFirstLook)) {
        const double rate = std::round(static_cast<double>(count_) / std::chrono::duration<double>(passed).count() * 10) / 10;
        if (std::abs(rate - rate_) > rate_ / 10) {
            rate_ = rate;
            is_new = true;
        }
        count_ = 0;
        since_ = now;
    }
    ++count_;
    return is_new;
}

std::string Info::text() const {
    std::string words = fmt::format(R"({{"type":{})", json_string(type_));
    if (width_ > 0) words += fmt::format(R"(,"width":{},"height":{})", width_, height_);
    if (rate_ > 0) words += fmt::format(R"(,"fps":{})", rate_);
    return words + '}';
}

Discovery home_assistant(const std::string& prefix, const Topics& topics, const std::string& stream) {
    const std::string id = object_id(topics.base);
    // The snapshot, and not each frame: it is there as soon as Home Assistant asks, and once a second is more
    // often than its cards look.
    return {fmt::format("{}/camera/{}/config", prefix, id),
            fmt::format(R"({{"name":{0},"unique_id":"{1}","topic":{2},"availability_topic":{3},"payload_available":"online",)"
                        R"("payload_not_available":"offline","json_attributes_topic":{4},)"
                        R"("device":{{"identifiers":["{1}"],"name":{0},"manufacturer":"framepipe"}}}})",
                        json_string(stream), id, json_string(topics.snapshot()), json_string(topics.status()), json_string(topics.info()))};
}

}  // namespace framepipe::broker
