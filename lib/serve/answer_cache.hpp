// Answers that hold while the pipeline runs, for whoever asks the same again.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "frame/frame.hpp"
#include "serve/live_frame.hpp"

namespace framepipe::serve {

/// The answers that were asked for last, up to a number of bytes. Any thread.
///
/// A pipeline marks them by `immutable` in their header. They are kept as clients get them: a slice that
/// was compressed for one client is not compressed again for the next.
class AnswerCache {
public:
    /// The longest request whose answer is kept, bytes.
    static constexpr std::size_t kMaxRequest = 1 << 10;

    /// max_bytes  of all payloads together; 0: nothing is kept
    explicit AnswerCache(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

    /// What a request is known by. A pipeline that has been started again may answer otherwise.
    struct Key {
        std::string request;
        As as = As::image;      // base64 and data_url are the image in other clothes
        std::uint64_t run = 0;  // of the pipeline, counted
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    static Key key(std::string_view request, As as, std::uint64_t run);

    /// The answer, without `request`.
    std::optional<Frame> find(const Key& key);
    /// Forgets the oldest ones where the room is needed.
    void keep(const Key& key, Frame answer);

    /// How many were found.
    std::uint64_t hits() const;

private:
    struct Entry {
        Key key;
        Frame answer;
    };
    using Entries = std::list<Entry>;

    const std::uint64_t max_bytes_;
    mutable std::mutex mutex_;  // guards all below
    Entries entries_;           // the one asked for last is the first
    std::map<Key, Entries::iterator> places_;
    std::uint64_t bytes_ = 0;
    std::uint64_t hits_ = 0;
};

}  // namespace framepipe::serve
