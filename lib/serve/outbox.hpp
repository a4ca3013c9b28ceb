// What waits to be sent to one peer: newest wins for pictures, all else in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "serve/message.hpp"

namespace framepipe::serve {

/// One thread at a time.
class Outbox {
public:
    /// Pictures of one (stream, kind); nothing: messages that must all arrive.
    using Slot = std::optional<std::uint32_t>;

    /// max_messages, max_bytes  what may wait besides pictures
    Outbox(std::size_t max_messages, std::size_t max_bytes) : max_messages_(max_messages), max_bytes_(max_bytes) {}

    struct Entry {
        Slot slot;
        MessagePtr message;
        std::uint32_t timed = 0;   // pictures in it of which counts how old they are when they have been sent
        std::uint32_t frames = 1;  // live frames that it carries, if it carries any
    };

    /// Lets the picture wait in its slot. One that waits there already is replaced in its place.
    /// timed    how old it is when it has been sent counts: it is not shown again, nor to a newcomer
    /// returns  true if one was replaced
    bool put_picture(std::uint32_t slot, MessagePtr message, bool timed = false);

    /// Lets the message wait behind all others.
    /// frames, timed  of its Entry
    /// returns        false if the outbox is full; the message is not taken
    [[nodiscard]] bool put(MessagePtr message, std::uint32_t frames = 1, std::uint32_t timed = 0);

    /// Lets the message wait before all others but the urgent ones before it.
    [[nodiscard]] bool put_urgent(MessagePtr message);

    /// Takes the first message out whose slot `may_go`; others wait on. nullopt: none.
    std::optional<Entry> take(const std::function<bool(std::uint32_t slot)>& may_go);

    bool empty() const { return entries_.empty(); }
    std::size_t size() const { return entries_.size(); }
    /// A picture waits in `slot`.
    bool holds(std::uint32_t slot) const;
    /// The oldest live frame that waits here; 0: none.
    std::uint64_t oldest_frame() const;
    /// Forgets the picture in `slot`, and says if there was one.
    bool drop_slot(std::uint32_t slot);
    /// Forgets all.
    /// returns  how many live frames were among it
    std::size_t clear();

private:
    bool has_room(const Message& message) const;

    std::size_t max_messages_;
    std::size_t max_bytes_;
    std::vector<Entry> entries_;
    std::size_t urgent_ = 0;    // how many of the first entries are
    std::size_t messages_ = 0;  // that are no pictures
    std::size_t bytes_ = 0;     // of those
};

}  // namespace framepipe::serve
