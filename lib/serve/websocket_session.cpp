#include "serve/websocket_session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "frame/error.hpp"

namespace framepipe::serve {
namespace {

/// What a viewer may send in one message.
constexpr std::size_t kMaxMessage = 64 << 10;

std::size_t max_message(const Context& context) {
    // A request somewhat too long is answered with an error; one beyond that ends the connection.
    return context.desk ? std::max<std::size_t>(kMaxMessage, 4 * context.desk->options().max_request) : kMaxMessage;
}

/// Streams that one viewer may have asked for in all.
constexpr std::size_t kMaxChannels = 256;

constexpr const char* kMayNotAsk = "your token does not let you ask the server's pipeline: it is for some streams only";

}  // namespace

WebSocketSession::WebSocketSession(Connection& connection, WebSocketOptions options)
    : WebSocketPeer(connection, max_message(connection.shard().context())), options_(std::move(options)) {
    ++connection.shard().hub().metrics().websocket_viewers;
}

WebSocketSession::~WebSocketSession() {
    --connection_.shard().hub().metrics().websocket_viewers;
}

void WebSocketSession::start() {
    connection_.flush();
    if (options_.v1) send_status();
    if (!options_.stream) watch_ = std::make_unique<WatchAll>(connection_.shard(), true);
    choose_streams(false);
}

void WebSocketSession::choose_streams(bool changed) {
    if (connection_.closing()) return;
    if (all_streams_) {
        for (const StreamStatus& stream : connection_.shard().hub().streams(*options_.permit)) open(stream.name, changed);
        return;
    }
    if (chosen_) return;
    const auto name = options_.stream ? options_.stream : connection_.shard().hub().default_stream(*options_.permit);
    if (!name) return;
    chosen_ = true;
    open(*name, changed && !options_.stream);
    watch_.reset();
}

void WebSocketSession::open(const std::string& stream, bool is_new) {
    if (connection_.closing()) return;
    if (channels_.size() >= kMaxChannels && !channels_.contains(stream)) return;
    const auto [found, is_first] = channels_.try_emplace(stream);
    Channel& channel = found->second;
    if (is_first) {
        channel.slot = static_cast<std::uint32_t>(by_slot_.size());
        by_slot_.push_back(&channel);
    }
    if (channel.flow) return;
    const Wrap wrap = options_.v1 ? Wrap::v1 : options_.meta ? Wrap::bare_meta : Wrap::bare;
    channel.flow = std::make_unique<Flow>(connection_, stream, Form{wrap, options_.as}, channel.slot, options_.fps);
    if (options_.v1) {
        channel.flow->on_offer = [this, &channel](const FramePtr& frame) {
            // Pictures count when they are begun, since a newer one may take their place till then.
            if (!frame->is_picture()) channel.window.sent(connection_.shard().loop().now());
        };
    }
    if (paused_) channel.flow->set_paused(true);
    if (!is_new || !is_first) channel.flow->start();
}

void WebSocketSession::close_channel(Channel& channel) {
    if (!channel.flow) return;
    channel.drops += channel.flow->drops();
    channel.flow.reset();
    if (connection_.outbox().drop_slot(channel.slot)) connection_.shard().counters().drop(Drop::left);
}

bool WebSocketSession::may_begin(std::uint32_t slot) {
    if (connection_.closing()) return true;
    if (options_.v1 && !by_slot_[slot]->window.open()) return false;
    return WebSocketPeer::may_begin(slot);
}

void WebSocketSession::on_begun(const Outbox::Entry& entry) {
    if (entry.slot && options_.v1) by_slot_[*entry.slot]->window.sent(connection_.shard().loop().now());
}

void WebSocketSession::on_text(std::string_view text) {
    if (options_.v1) return on_control(text);
    ask(text, true);
}

void WebSocketSession::on_binary(std::string_view bytes) {
    if (!options_.v1) return ask(bytes, false);
    connection_.let_go(Refusal::protocol, "a program pushed a frame to where they are watched; /publish takes them (1003)", 1003);
    close(1003, "no frames are taken here; they are pushed to /publish");
}

void WebSocketSession::on_control(std::string_view text) {
    Control control;
    try {
        control = parse_control(text);
        for (const std::string& name : control.subscribe.value_or(std::vector<std::string>()))
            if (!options_.permit->may(Right::view, name)) throw Error("your token does not let you watch the stream '" + name + "'");
        if (control.ack) {
            const auto found = channels_.find(control.stream);
            if (found == channels_.end()) throw Error("ack for a stream that was never subscribed to");
            if (!found->second.window.acknowledge(*control.ack, connection_.shard().loop().now()))
                throw Error("ack for more frames than were sent");
        }
    } catch (const Error& error) {
        return send_text(fmt::format(R"({{"error":{}}})", json_string(error.what())));
    }
    if (control.fps) {
        options_.fps = *control.fps;
        for (auto& [name, channel] : channels_)
            if (channel.flow) channel.flow->set_fps(options_.fps);
    }
    if (control.subscribe) {
        all_streams_ = false;
        chosen_ = true;
        watch_.reset();
        for (auto& [name, channel] : channels_)
            if (std::find(control.subscribe->begin(), control.subscribe->end(), name) == control.subscribe->end()) close_channel(channel);
        for (const std::string& name : *control.subscribe) open(name);
    }
    if (control.subscribe_all) {
        all_streams_ = true;
        if (!watch_) watch_ = std::make_unique<WatchAll>(connection_.shard(), !paused_);
        choose_streams(false);
    }
    if (control.pause) set_paused(*control.pause);
    if (control.request) ask(control.text, true, *control.request, control.as);
    // Last, so that it tells that the rest has been done.
    if (control.ping) send_text(fmt::format(R"({{"pong":{},"time_us":{}}})", *control.ping, now_us()));
    if (!connection_.closing() && !connection_.sending()) connection_.flush();  // a window may have opened
}

void WebSocketSession::ask(std::string_view payload, bool is_text, const std::string& own_request, std::optional<As> as) {
    Desk* desk = connection_.shard().context().desk;
    if (!desk) return;  // nothing here listens to viewers' words
    const Form form{options_.v1 ? Wrap::v1 : options_.meta ? Wrap::bare_meta : Wrap::bare, options_.as};
    if (!may_ask()) return deliver(refusal_message(connection_.shard(), form, kMayNotAsk, own_request));
    if (!questions_)
        questions_ =
            std::make_unique<Questions>(*desk, connection_.shard(), form, [this](MessagePtr answer) { deliver(std::move(answer)); });
    if (!questions_->ask(payload, is_text, own_request, as)) connection_.dismiss(Refusal::queue);
}

void WebSocketSession::deliver(MessagePtr answer) {
    if (connection_.closing()) return;
    ViewerCounters& counters = connection_.shard().counters();
    const bool is_frame = answer->frame_id() != 0;
    if (is_frame) counters.offered.add();
    if (!connection_.outbox().put(std::move(answer))) {
        if (is_frame) counters.drop(Drop::queue);
        return connection_.dismiss(Refusal::queue);
    }
    if (!connection_.sending()) connection_.flush();
}

void WebSocketSession::set_paused(bool paused) {
    if (paused == paused_) return;
    paused_ = paused;
    if (watch_) watch_->set_wanting(!paused);
    for (auto& [name, channel] : channels_)
        if (channel.flow) channel.flow->set_paused(paused);
}

void WebSocketSession::send_status() {
    status_due_ = false;
    std::string text = R"({"server":{"version":")" FRAMEPIPE_VERSION "\"";
    if (const Desk* desk = connection_.shard().context().desk; desk && may_ask()) {
        text += R"(,"responds":true)";
        const Description description = questions_ ? questions_->description() : desk->description();
        if (description && description != described_) text += R"(,"describes":)" + *description;
        described_ = description;
        const std::string trouble = questions_ ? questions_->trouble() : desk->trouble();
        if (!trouble.empty()) text += R"(,"trouble":)" + json_string("the pipeline stopped " + trouble);
    }
    text += R"(},"streams":[)";
    for (StreamStatus& stream : connection_.shard().hub().streams(*options_.permit)) {
        if (text.back() == '}') text += ',';
        const auto found = channels_.find(stream.name);
        const Channel* channel = found == channels_.end() ? nullptr : &found->second;
        stream.drops = channel ? channel->drops + (channel->flow ? channel->flow->drops() : 0) : 0;
        text += stream.json();
    }
    send_text(fmt::format(R"({}],"time_us":{}}})", text, now_us()));
}

void WebSocketSession::on_streams_changed() {
    if (options_.v1 && !connection_.closing()) {
        status_due_ = true;
        if (!connection_.sending()) send_status();
    }
    choose_streams(true);
}

void WebSocketSession::on_tick() {
    WebSocketPeer::on_tick();
    if (options_.v1 && !connection_.closing() && (status_due_ || !connection_.sending())) send_status();
}

}  // namespace framepipe::serve
