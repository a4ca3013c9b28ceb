#include "serve/relay.hpp"

#include <algorithm>
#include <thread>

#include "serve/relay_session.hpp"
#include "serve/shard.hpp"

namespace framepipe::serve {
namespace {

/// Keys are the clients' to choose: further ones share a slot.
constexpr std::size_t kMaxSlots = 256;
constexpr auto kPatience = std::chrono::milliseconds(300);

Intake::Options intake_options() {
    Intake::Options options;
    options.max_rate = 0;  // newest wins is limit enough
    options.exclusive = false;
    return options;
}

}  // namespace

/// The end of the thread that shows frames.
struct Relay::Ending {
    std::mutex mutex;  // guards ended
    std::condition_variable changed;
    bool ended = false;
};

Relay::Relay(std::shared_ptr<Hub> hub, std::size_t max_message)
    : hub_(std::move(hub)),
      max_message_(max_message),
      intake_(std::make_shared<Intake>(hub_, intake_options(), nullptr)),
      ending_(std::make_shared<Ending>()) {
    std::thread([intake = intake_, ending = ending_] {
        intake->run();
        const std::lock_guard lock(ending->mutex);
        ending->ended = true;
        ending->changed.notify_all();
    }).detach();
}

Relay::~Relay() {
    intake_->end();
    std::unique_lock lock(ending_->mutex);
    ending_->changed.wait_for(lock, kPatience, [this] { return ending_->ended; });
}

void Relay::Room::hand_out() {
    std::vector<Passed> all;
    {
        const std::lock_guard lock(mutex);
        all.swap(arrived);
    }
    for (std::span<Passed> rest(all); !rest.empty();) {
        const Bundle bundle = first_bundle(rest, clients.size());
        hand_out(bundle);
        rest = rest.subspan(bundle.parts.size());
    }
}

void Relay::Room::hand_out(const Bundle& bundle) {
    const MessagePtr whole = bundle.whole ? shard.share(bundle.whole, clients.size()) : nullptr;
    // A client that is closed by it stays in the room until the events at hand are done.
    behind_.clear();
    for (RelaySession* client : clients)
        if (!whole || !client->send_at_once(whole, bundle)) behind_.push_back(client);
    if (behind_.empty()) return;
    for (Passed& one : bundle.parts) one.message = shard.share(std::move(one.message), behind_.size());
    for (RelaySession* client : behind_) {
        for (const Passed& one : bundle.parts) client->offer(one.message, one.slot);
        client->send();
    }
}

std::shared_ptr<Relay::Room> Relay::room(Shard& shard) {
    const std::lock_guard lock(mutex_);
    for (const auto& room : rooms_)
        if (&room->shard == &shard) return room;
    rooms_.push_back(std::make_shared<Room>(shard));
    return rooms_.back();
}

std::uint32_t Relay::slot_number(std::string_view slot) {
    const auto found = slots_.find(slot);
    if (found != slots_.end()) return found->second;
    const std::size_t number = slots_.size();
    if (number >= kMaxSlots) return static_cast<std::uint32_t>(kMaxSlots);
    slots_.emplace(slot, static_cast<std::uint32_t>(number));
    return static_cast<std::uint32_t>(number);
}

void Relay::note_begun(std::uint64_t frame_id) {
    if (frame_id == last_picture_.load(std::memory_order_relaxed)) is_taken_ = true;
}

void Relay::pass_on(std::string_view payload, bool is_text, const RelayKind& kind) {
    Bytes body = Bytes::copy_of(payload);
    ++hub_->metrics().relayed_messages;
    const std::lock_guard lock(mutex_);
    // Held in the order in which they go out: who is sent several at once holds them from the first one on.
    const MessagePtr message = hub_->hold(websocket_head(is_text ? Opcode::text : Opcode::binary, payload.size()), std::move(body));
    Outbox::Slot slot;
    if (kind.what == RelayKind::What::picture) {
        slot = slot_number(kind.slot());
        std::size_t clients = 0;
        for (const auto& room : rooms_) clients += room->count;
        is_taken_ = clients <= 1;  // the one that sends it
        last_picture_ = message->frame_id();
    }
    for (const auto& room : rooms_) {
        if (room->count == 0) continue;
        const std::lock_guard room_lock(room->mutex);
        if (room->arrived.empty()) room->shard.loop().post([room] { room->hand_out(); });
        room->arrived.push_back({message, slot});
    }
}

void Relay::show(Frame frame) {
    // What is not shown is no loss to the clients, who have it verbatim.
    if (intake_->status().full) return hub_->metrics().drop(InputDrop::queue);
    intake_->put(std::move(frame), true);
}

void Relay::count_feeders(const std::string& stream, int change) {
    {
        const std::lock_guard lock(mutex_);
        int& count = feeders_[stream];
        count += change;
        if (count > 0) return;
        feeders_.erase(stream);
    }
    Frame end;
    end.header = Header("text/plain");
    if (!stream.empty()) end.header.set("stream", stream);
    end.header.set("end", true);
    intake_->put(std::move(end), false);
}

}  // namespace framepipe::serve
