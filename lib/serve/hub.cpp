#include "serve/hub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/log.hpp"

namespace framepipe::serve {
namespace {

std::string one_line(std::string text) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) text.replace(at, 1, "; ");
    return text;
}

}  // namespace

Hub::Hub(HubOptions options) : options_(options), maker_(options.quality, metrics_) {}

Hub::~Hub() = default;

std::size_t Hub::add_sink(FrameSink& sink) {
    const std::lock_guard lock(mutex_);
    sinks_.push_back(&sink);
    watching_all_.push_back(0);
    return sinks_.size() - 1;
}

void Hub::close() {
    const std::lock_guard lock(mutex_);
    sinks_.clear();
}

Stream& Hub::stream(const std::string& name) {
    Stream& stream = streams_[name];
    stream.name = name;
    stream.sinks.resize(sinks_.size());
    return stream;
}

bool Hub::is_listed(const std::string& name) const {
    return std::find(order_.begin(), order_.end(), name) != order_.end();
}

bool Hub::has_room_for(const std::string& name) {
    if (order_.size() < options_.max_streams || is_listed(name)) return true;
    const auto past = std::find_if(order_.begin(), order_.end(), [this](const std::string& one) { return streams_.at(one).is_past(); });
    if (past != order_.end()) {
        streams_.erase(*past);
        order_.erase(past);
        return true;
    }
    log::warn_once("streams", fmt::format("cannot take stream {}: there are {} already; frames of further ones are left out",
                                          json_string(name), order_.size()));
    return false;
}

Taken Hub::publish(Frame frame, Feeder* feeder) {
    const Taken taken = take(std::move(frame), feeder);
    count(taken);
    return taken;
}

void Hub::count(Taken taken) {
    switch (taken) {
        case Taken::yes:
            return;
        case Taken::other_feeder:
            return metrics_.drop(InputDrop::other_feeder);
        case Taken::too_many_streams:
            return metrics_.drop(InputDrop::too_many_streams);
        case Taken::too_fast:
            return metrics_.drop(InputDrop::rate);
        case Taken::forbidden:
            return metrics_.drop(InputDrop::forbidden);
    }
}

SteadyClock::duration Hub::admit(const std::string& name, const Feeder& feeder, double a_second) {
    const std::lock_guard lock(mutex_);
    // Frames that publish() will refuse take nothing of what others may have.
    if (!has_room_for(name)) return SteadyClock::duration(0);
    Stream& stream = this->stream(name);
    if (stream.feeder && stream.feeder != &feeder) return SteadyClock::duration(0);
    return stream.rate.admit(a_second, SteadyClock::now()) ? SteadyClock::duration(0) : stream.rate.wait(a_second);
}

Taken Hub::take(Frame frame, Feeder* feeder) {
    const std::string name = frame.header.stream();
    std::array<std::uint32_t, kForms> wants;
    {
        const std::lock_guard lock(mutex_);
        if (!has_room_for(name)) return Taken::too_many_streams;
        Stream& stream = this->stream(name);
        if (feeder) {
            if (stream.feeder && stream.feeder != feeder) return Taken::other_feeder;
            if (!std::exchange(stream.feeder, feeder)) tell_demand();
            if (feeder->numbers && !frame.header.seq()) frame.header.set("seq", stream.next_seq);
        }
        if (frame.header.end()) {
            stream.state = StreamState::ended;
            if (!is_listed(name)) order_.push_back(name);
            tell_changed();
            return Taken::yes;
        }
        wants = stream.wants;
    }
    const FramePtr live = make_live(std::move(frame));
    make_wanted(*live, wants);

    const std::lock_guard lock(mutex_);
    Stream& stream = this->stream(name);
    const bool is_first_picture = live->is_picture() && !(stream.latest && stream.latest->is_picture());
    const bool changes = stream.state != StreamState::live || is_first_picture;
    if (!is_listed(name)) order_.push_back(name);
    stream.note(live);
    alive_.push_back({live, live->id()});
    if (changes) tell_changed();
    hand_out(stream, live);
    return Taken::yes;
}

/// With the mutex held.
void Hub::hand_out(const Stream& stream, const FramePtr& frame) {
    for (std::size_t i = 0; i < sinks_.size(); ++i)
        if (stream.sinks[i] > 0 || watching_all_[i] > 0) sinks_[i]->deliver(frame);
    shed_oldest(frame->id());
}

void Hub::declare(const std::string& name, Feeder& owner, StreamState state) {
    const std::lock_guard lock(mutex_);
    Stream& stream = this->stream(name);
    stream.owner = stream.feeder = &owner;
    stream.state = state;
    order_.push_back(name);
}

void Hub::set_state(const Feeder& feeder, const std::string& name, StreamState state) {
    const std::lock_guard lock(mutex_);
    Stream& stream = this->stream(name);
    if (stream.feeder != &feeder || stream.state == state) return;
    stream.state = state;
    tell_changed();
}

void Hub::fail(const Feeder& feeder, Frame picture, std::string words) {
    const FramePtr live = make_live(std::move(picture));
    std::array<std::uint32_t, kForms> wants;
    {
        const std::lock_guard lock(mutex_);
        wants = this->stream(live->stream()).wants;
    }
    make_wanted(*live, wants);
    const std::lock_guard lock(mutex_);
    Stream& stream = this->stream(live->stream());
    if (stream.feeder != &feeder) return;
    stream.fail(live, std::move(words));
    alive_.push_back({live, live->id()});
    tell_changed();
    hand_out(stream, live);
}

Taken Hub::claim(const std::string& name, Feeder& feeder, bool takeover) {
    const std::lock_guard lock(mutex_);
    if (!has_room_for(name)) return Taken::too_many_streams;
    Stream& stream = this->stream(name);
    if (stream.feeder && stream.feeder != &feeder) {
        if (!takeover) return Taken::other_feeder;
        stream.feeder->on_lost(name);
    }
    stream.feeder = &feeder;
    tell_demand();
    return Taken::yes;
}

void Hub::attach(Feeder& feeder) {
    const std::lock_guard lock(mutex_);
    attached_.push_back(&feeder);
    tell_demand();
}

void Hub::release(Feeder& feeder) {
    const std::lock_guard lock(mutex_);
    std::erase(attached_, &feeder);
    std::vector<std::string> unknown;
    for (auto& [name, stream] : streams_) {
        if (stream.owner == &feeder) stream.owner = nullptr;
        if (stream.feeder != &feeder) continue;
        stream.feeder = stream.owner;
        if (stream.owner) {
            stream.state = StreamState::idle;
            stream.owner->on_returned();
        } else if (stream.frames > 0)
            stream.state = StreamState::ended;
        unknown.push_back(name);
    }
    for (const std::string& name : unknown) forget_if_unknown(name);
    tell_demand();
    tell_changed();
}

/// A name that no frame came for is forgotten with the last who used it, or such names could fill the memory.
void Hub::forget_if_unknown(const std::string& name) {
    const auto found = streams_.find(name);
    const Stream& stream = found->second;
    if (stream.state == StreamState::waiting && stream.viewers() == 0 && !stream.feeder && !stream.owner) streams_.erase(found);
}

FramePtr Hub::make_live(Frame frame) {
    return std::make_shared<LiveFrame>(std::move(frame), next_id_++, FrameContext{maker_, metrics_});
}

MessagePtr Hub::hold(std::string head, Bytes body) {
    const std::uint64_t id = next_id_++;
    auto message = std::make_unique<Message>(std::move(head), std::move(body), std::string(), Carried{id, SteadyClock::now()});
    metrics_.live_bytes += message->size();
    MessagePtr held(message.release(), [this](const Message* one) {
        metrics_.live_bytes -= one->size();
        delete one;
    });
    const std::lock_guard lock(mutex_);
    alive_.push_back({held, id});
    shed_oldest(id);
    return held;
}

/// Here and not in the viewers' threads, where an encode would hold other viewers up.
void Hub::make_wanted(LiveFrame& frame, const std::array<std::uint32_t, kForms>& wants) {
    for (std::size_t i = 0; i < kForms; ++i)
        if (wants[i] > 0) frame.message(form_at(i));
}

/// Frames live as long as a viewer is being sent them. Slow viewers of large pictures could hold
/// any number, so beyond the bound those with the oldest go.
void Hub::shed_oldest(std::uint64_t newest) {
    std::erase_if(alive_, [](const Alive& one) { return one.what.expired(); });
    if (metrics_.live_bytes <= options_.max_memory) return;
    for (const Alive& one : alive_) {
        if (one.what.expired() || one.id == newest || is_latest(one.id)) continue;
        for (FrameSink* sink : sinks_) sink->shed(one.id);
        return;
    }
}

bool Hub::is_latest(std::uint64_t id) const {
    return std::any_of(streams_.begin(), streams_.end(),
                       [id](const auto& one) { return one.second.latest && one.second.latest->id() == id; });
}

void Hub::tell_changed() {
    for (FrameSink* sink : sinks_) sink->streams_changed();
}

void Hub::idle(const Feeder& feeder) {
    const std::lock_guard lock(mutex_);
    for (auto& [name, stream] : streams_)
        if (stream.feeder == &feeder && stream.state == StreamState::live) stream.state = StreamState::idle;
    tell_changed();
}

void Hub::go_on(const Feeder& feeder) {
    using Wants = std::array<std::uint32_t, kForms>;
    std::vector<std::pair<FramePtr, Wants>> shown;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, stream] : streams_)
            if (stream.feeder == &feeder && stream.state == StreamState::idle && stream.latest)
                shown.emplace_back(stream.latest, stream.wants);
    }
    for (const auto& [frame, wants] : shown) make_wanted(*frame, wants);
    const std::lock_guard lock(mutex_);
    for (const auto& [frame, wants] : shown) {
        Stream& stream = this->stream(frame->stream());
        if (stream.feeder != &feeder || stream.state != StreamState::idle || stream.latest != frame) continue;
        stream.state = StreamState::live;
        hand_out(stream, frame);
    }
    tell_changed();
}

void Hub::end_input(std::string failure) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    failure_ = std::move(failure);
}

/// With the mutex held, as the next.
void Hub::change_demand(Stream& stream, int change) {
    const bool before = stream.demand > 0;
    stream.demand += static_cast<std::uint32_t>(change);
    if ((stream.demand > 0) != before) tell_demand();
}

void Hub::tell_demand() {
    const auto is_wanted = [this](const Feeder* feeder) {
        return std::any_of(streams_.begin(), streams_.end(), [feeder](const auto& one) {
            return one.second.demand > 0 && (one.second.feeder == feeder || !one.second.feeder);
        });
    };
    for (const auto& [name, stream] : streams_)
        if (stream.owner) stream.owner->on_wanted(stream.owner == stream.feeder && stream.demand > 0);
    for (Feeder* feeder : attached_) feeder->on_wanted(demand_for_any_ > 0 || is_wanted(feeder));
}

void Hub::add_demand(const std::string& name, int change) {
    const std::lock_guard lock(mutex_);
    change_demand(this->stream(name), change);
}

void Hub::add_demand_for_any(int change) {
    const std::lock_guard lock(mutex_);
    demand_for_any_ += change;
    tell_demand();
}

Hub::Joined Hub::join(std::size_t sink, const std::string& name, Form form) {
    const std::lock_guard lock(mutex_);
    Stream& stream = this->stream(name);
    ++stream.wants[form.index()];
    ++stream.sinks[sink];
    change_demand(stream, 1);
    return {stream.current(), stream.drops};
}

void Hub::leave(std::size_t sink, const std::string& name, Form form, bool wants) {
    const std::lock_guard lock(mutex_);
    Stream& stream = this->stream(name);
    --stream.wants[form.index()];
    --stream.sinks[sink];
    if (wants) change_demand(stream, -1);
    forget_if_unknown(name);
}

void Hub::watch_all(std::size_t sink, int change) {
    const std::lock_guard lock(mutex_);
    watching_all_[sink] += change;
}

std::optional<std::string> Hub::default_stream(const Permit& permit) const {
    const std::lock_guard lock(mutex_);
    if (is_listed("") && permit.may(Right::view, "")) return std::string();
    const auto first = std::find_if(order_.begin(), order_.end(), [&](const std::string& name) { return permit.may(Right::view, name); });
    return first == order_.end() ? std::nullopt : std::optional(*first);
}

std::optional<std::string> Hub::default_picture_stream(const Permit& permit) const {
    const std::lock_guard lock(mutex_);
    const auto has_picture = [&](const std::string& name) {
        const auto found = streams_.find(name);
        return found != streams_.end() && found->second.may_show_pictures() && permit.may(Right::view, name);
    };
    if (has_picture("")) return "";
    const auto first = std::find_if(order_.begin(), order_.end(), has_picture);
    return first == order_.end() ? std::nullopt : std::optional(*first);
}

FramePtr Hub::latest(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(name);
    return found == streams_.end() ? nullptr : found->second.current();
}

std::vector<StreamStatus> Hub::streams(const Permit& permit) const {
    const std::lock_guard lock(mutex_);
    std::vector<StreamStatus> all;
    for (const std::string& name : order_)
        if (permit.may(Right::view, name)) all.push_back(streams_.find(name)->second.status());
    return all;
}

std::optional<std::string> Hub::complaint() const {
    const std::lock_guard lock(mutex_);
    const auto now = SteadyClock::now();
    for (const auto& [name, stream] : streams_)
        if (stream.healthy(now)) return std::nullopt;
    for (const std::string& name : order_)
        if (const Stream& stream = streams_.find(name)->second; stream.state == StreamState::failed)
            return fmt::format("the source of stream {} failed: {}", json_string(name), one_line(stream.error));
    if (ended_) return failure_.empty() ? "the input has ended" : "the input is broken: " + failure_;
    const auto waits = [this](const std::string& name) { return streams_.find(name)->second.state == StreamState::waiting; };
    if (order_.empty() || std::any_of(order_.begin(), order_.end(), waits)) return "no frame has come yet";
    for (const auto& [name, stream] : streams_)
        if (stream.state == StreamState::live)
            return fmt::format("no frame for {} s", std::chrono::duration_cast<std::chrono::seconds>(now - stream.last).count());
    return "all streams have ended";
}

}  // namespace framepipe::serve
