// What a message that clients pass on to each other is: a picture, numbers, or anything else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "frame/frame.hpp"

namespace framepipe::serve {

/// A message may begin with words and equals signs (`img=`, `img=sq=`), which say what it is of.
struct RelayKind {
    enum class What { other, picture, numbers };
    What what = What::other;
    std::string_view key;   // "img=sq"; empty: none
    std::string_view body;  // what stands behind it: bytes of a picture, a data URL, numbers, ...
    std::string_view type;  // of a picture

    /// What pictures replace each other by where they wait: the key, or else the type.
    std::string_view slot() const { return key.empty() ? type : key; }
};

/// A picture is told by its first bytes, or as text by being a data URL; numbers are text with a number,
/// or with a list of them in brackets, nested if need be. The result views into `message`.
RelayKind relay_kind(std::string_view message, bool is_text);

/// The picture itself, as a frame of the stream that its key names; nullopt if it is broken.
std::optional<Frame> relayed_picture(const RelayKind& kind, bool is_text);

}  // namespace framepipe::serve
