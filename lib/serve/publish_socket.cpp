#include "serve/publish_socket.hpp"

#include <fmt/format.h>

#include "frame/error.hpp"
#include "frame/fpf_reader.hpp"
#include "serve/client_message.hpp"
#include "serve/control.hpp"
#include "serve/shard.hpp"

namespace framepipe::serve {
namespace {

/// Header and prefix of a whole frame, besides its payload.
constexpr std::size_t kMaxHead = kPrefixSize + kMaxHeaderSize;

/// The frame in a message. throws Error if it is not exactly one
Frame whole_frame(std::string_view message, std::uint64_t max_frame) {
    InputOptions options;
    options.name = "the message";
    options.max_frame = max_frame;
    const auto input = open_fpf(Bytes::copy_of(message), options);
    auto frame = input->next();
    if (!frame) throw Error("an empty message is no frame");
    if (input->next()) throw Error("a message holds more than one frame");
    return std::move(*frame);
}

}  // namespace

/// What the intake's thread reaches the socket by.
struct PublishSocket::Link {
    PublishSocket* socket;  // the shard's thread alone; null: it has gone
};

PublishSocket::PublishSocket(Connection& connection, Publishing& publishing, std::optional<std::string> stream, PermitPtr permit, bool v1)
    : WebSocketPeer(connection, static_cast<std::size_t>(publishing.options().max_frame) + kMaxHead),
      publishing_(publishing),
      stream_(std::move(stream)),
      permit_(std::move(permit)),
      v1_(v1),
      link_(std::make_shared<Link>(Link{this})) {}

PublishSocket::~PublishSocket() {
    link_->socket = nullptr;
    if (!intake_) return;
    intake_->forget();
    intake_->end();
}

void PublishSocket::start() {
    PublishRefusal refusal;
    const auto notify = [&loop = connection_.shard().loop(), link = link_] {
        loop.post([link] {
            if (link->socket) link->socket->check();
        });
    };
    // Without a subprotocol frames name no stream, so it is known at once which one it is.
    intake_ = publishing_.open(stream_.value_or(""), stream_ || !v1_, permit_, notify, refusal);
    connection_.flush();
    if (!intake_) close(refusal.status == 503 ? 1013 : 1008, refusal.text);
}

void PublishSocket::on_end() {
    if (intake_) intake_->end();
    connection_.close();
}

void PublishSocket::on_text(std::string_view text) {
    if (!intake_) return;
    if (!v1_) {
        const auto url = parse_data_url(text);
        auto picture = url ? frame_of_data_url(*url) : std::nullopt;
        if (picture) picture->header.set("live", true);
        return put(picture ? std::move(*picture) : frame_of_message(text, true), true);
    }
    try {
        const Control control = parse_control(text);
        if (control.ping) send_text(fmt::format(R"({{"pong":{},"time_us":{}}})", *control.ping, now_us()));
    } catch (const Error& error) {
        send_text(fmt::format(R"({{"error":{}}})", json_string(error.what())));
    }
}

void PublishSocket::on_binary(std::string_view bytes) {
    if (!intake_) return;
    if (!v1_) {
        Frame frame = frame_of_message(bytes, false);
        // Who sends a picture without a word about it means now.
        if (frame.header.is_image()) frame.header.set("live", true);
        return put(std::move(frame), true);
    }
    try {
        Frame frame = whole_frame(bytes, publishing_.options().max_frame);
        const bool live = frame.header.live();
        put(std::move(frame), live);
    } catch (const Error& error) {
        connection_.let_go(Refusal::protocol, fmt::format("a producer sent what is no frame: {} (1007)", error.what()), 1007);
        close(1007, error.what());
    }
}

void PublishSocket::put(Frame frame, bool replaceable) {
    intake_->put(std::move(frame), replaceable);
    if (intake_->status().full) connection_.set_reading(false);
}

void PublishSocket::check() {
    if (connection_.closing()) return;
    const Intake::Status status = intake_->status();
    if (status.lost) return close(1008, publishing_.refusal_of(status.refused, status.lost_stream).text);
    if (v1_ && status.done > acknowledged_) {
        acknowledged_ = status.done;
        send_text(fmt::format(R"({{"ack":{}}})", status.done));
    }
    if (!status.full && !connection_.reading() && !connection_.closing()) {
        connection_.set_reading(true);
        connection_.receive_soon();
    }
}

}  // namespace framepipe::serve
