// The topics of a stream.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace framepipe::broker {

/// A stream's name as one level of a topic: what no topic or not every broker can have in it ('/', '+', '#', '.',
/// '%', spaces and control characters) is %XX.
std::string topic_level(std::string_view stream);

/// The name that topic_level() made this of; other levels are names as they are.
std::string stream_of_level(std::string_view level);

/// What keeps this from being a level of a topic ("has a wild card, + or #"); empty: nothing.
std::string wrong_with_level(std::string_view level);
/// What keeps this from being a stream's name here; empty: nothing.
std::string wrong_with_stream(std::string_view stream);

/// PREFIX/STREAM/KIND.
struct Topics {
    std::string base;  // PREFIX/STREAM

    static Topics of(const std::string& prefix, std::string_view stream) { return {prefix + '/' + topic_level(stream)}; }
    /// Those of all streams.
    static Topics of_all(const std::string& prefix) { return {prefix + "/+"}; }

    std::string frame() const { return base + "/frame"; }        // pictures, their bare bytes
    std::string snapshot() const { return base + "/snapshot"; }  // one of them at times, retained
    std::string meta() const { return base + "/meta"; }          // the header of the frame that follows
    std::string info() const { return base + "/info"; }          // what the pictures are, retained
    std::string status() const { return base + "/status"; }      // online or offline, retained
    std::string text() const { return base + "/text"; }
    std::string json() const { return base + "/json"; }
};

/// The stream and the kind ("frame") of a topic below `prefix`; nullopt: it is none.
struct TopicParts {
    std::string stream;
    std::string kind;
};
std::optional<TopicParts> parts_of(std::string_view topic, std::string_view prefix);

}  // namespace framepipe::broker
