#include "serve/relay_bundle.hpp"

#include <memory>
#include <string>
#include <vector>

namespace framepipe::serve {
namespace {

/// For fewer clients the copy costs more than it saves.
constexpr std::size_t kMinClients = 10;
constexpr std::size_t kMaxBytes = 256 << 10;

bool has_slot(std::span<const Passed> messages, std::uint32_t slot) {
    for (const Passed& one : messages)
        if (one.slot == slot) return true;
    return false;
}

MessagePtr one_piece(std::span<const Passed> parts, std::size_t bytes) {
    if (parts.size() == 1) return parts.front().message;
    // Keeps the parts: memory for live frames is counted by them.
    struct Joined {
        std::string bytes;
        std::vector<MessagePtr> parts;
    };
    auto joined = std::make_shared<Joined>();
    joined->bytes.reserve(bytes);
    for (const Passed& one : parts) {
        joined->parts.push_back(one.message);
        for (std::size_t at = 0; at < one.message->size();) {
            const std::string_view piece = one.message->piece(at);
            joined->bytes += piece;
            at += piece.size();
        }
    }
    const auto view = as_bytes(joined->bytes);
    return std::make_shared<Message>(std::string(), Bytes(std::move(joined), view), std::string(), parts.front().message->frame());
}

}  // namespace

Bundle first_bundle(std::span<Passed> messages, std::size_t clients) {
    Bundle bundle{.parts = messages, .whole = nullptr};
    const bool in_one_piece = clients >= kMinClients;
    std::size_t count = 0, bytes = 0;
    for (const Passed& one : messages) {
        const bool is_too_much = bytes + one.message->size() > kMaxBytes || (one.slot && has_slot(messages.first(count), *one.slot));
        if (in_one_piece && count > 0 && is_too_much) break;
        ++count;
        bytes += one.message->size();
        if (!one.slot) continue;
        ++bundle.pictures;
        bundle.newest_picture = one.message->frame_id();
    }
    bundle.parts = messages.first(count);
    if (in_one_piece) bundle.whole = one_piece(bundle.parts, bytes);
    return bundle;
}

}  // namespace framepipe::serve
