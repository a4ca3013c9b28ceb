#include "serve/outbox.hpp"

#include <algorithm>

namespace framepipe::serve {

bool Outbox::put_picture(std::uint32_t slot, MessagePtr message, bool timed) {
    for (Entry& entry : entries_) {
        if (entry.slot != slot) continue;
        entry.message = std::move(message);
        entry.timed = timed;
        return true;
    }
    entries_.push_back({slot, std::move(message), timed});
    return false;
}

bool Outbox::holds(std::uint32_t slot) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.slot == slot; });
}

bool Outbox::has_room(const Message& message) const {
    // A message alone may have any size: the limit is about what piles up.
    return messages_ == 0 || (messages_ < max_messages_ && bytes_ + message.size() <= max_bytes_);
}

bool Outbox::put(MessagePtr message, std::uint32_t frames, std::uint32_t timed) {
    if (!has_room(*message)) return false;
    ++messages_;
    bytes_ += message->size();
    entries_.push_back({std::nullopt, std::move(message), timed, frames});
    return true;
}

bool Outbox::put_urgent(MessagePtr message) {
    if (!has_room(*message)) return false;
    ++messages_;
    bytes_ += message->size();
    entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(urgent_++), {std::nullopt, std::move(message)});
    return true;
}

std::optional<Outbox::Entry> Outbox::take(const std::function<bool(std::uint32_t)>& may_go) {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return !entry.slot || may_go(*entry.slot); });
    if (found == entries_.end()) return std::nullopt;
    Entry entry = std::move(*found);
    if (urgent_ > 0) --urgent_;  // urgent ones come first, and wait for no slot
    if (!entry.slot) {
        --messages_;
        bytes_ -= entry.message->size();
    }
    entries_.erase(found);
    return entry;
}

std::uint64_t Outbox::oldest_frame() const {
    std::uint64_t oldest = 0;
    for (const Entry& entry : entries_) {
        const std::uint64_t id = entry.message->frame_id();
        if (id && (!oldest || id < oldest)) oldest = id;
    }
    return oldest;
}

bool Outbox::drop_slot(std::uint32_t slot) {
    return std::erase_if(entries_, [&](const Entry& entry) { return entry.slot == slot; }) > 0;
}

std::size_t Outbox::clear() {
    const auto frames = std::count_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.message->frame_id() != 0; });
    entries_.clear();
    urgent_ = messages_ = bytes_ = 0;
    return static_cast<std::size_t>(frames);
}

}  // namespace framepipe::serve
