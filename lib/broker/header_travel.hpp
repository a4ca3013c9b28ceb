// How a frame's header travels beside bare bytes: as properties of the message, or as a message of its own.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "broker/connection.hpp"
#include "frame/header.hpp"

namespace framepipe::broker {

/// The header's keys as user properties, each with its value as JSON; `type` is the content type, and
/// `stream` is in the topic. nullopt: a key is no text for MQTT.
std::optional<Properties> to_properties(const Header& header);

/// The header that these are. Properties of others, whose values are no JSON, become texts in `meta`.
/// type  the content type
Header from_properties(const std::string& type, const Properties& properties);

/// The header as JSON, with the size and a sum of the payload that it belongs to, in `payload`.
std::string to_meta(const Header& header, std::span<const std::byte> payload);

/// A header that came as a message of its own.
struct Meta {
    Header header;
    std::string payload;  // what to_meta() said of it

    /// True if it is the header of this payload.
    bool belongs_to(std::span<const std::byte> bytes) const;
    /// throws Error if it is no header
    static Meta parse(std::string_view json);
};

}  // namespace framepipe::broker
