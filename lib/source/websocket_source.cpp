#include "source/websocket_source.hpp"

#include <fmt/format.h>

#include "frame/error.hpp"
#include "frame/image_info.hpp"
#include "frame/input.hpp"

namespace framepipe {

namespace {

constexpr const char* kSubprotocol = "framepipe.v1";

bool wants_all(const HttpUrl& url) {
    return url.parameter("stream") == "*";
}

HttpUrl without_star(HttpUrl url) {
    if (wants_all(url)) url.drop_parameter("stream");
    return url;
}

Frame bare_frame(WebSocketMessage message) {
    if (message.is_text) return {Header("text/plain"), std::move(message.payload)};
    const auto info = identify_image(message.payload);
    if (!info) return {Header("application/octet-stream"), std::move(message.payload)};
    Header header(info->type);
    header.set("width", std::int64_t{info->width});
    header.set("height", std::int64_t{info->height});
    return {std::move(header), std::move(message.payload)};
}

}  // namespace

WebSocketSource::WebSocketSource(HttpUrl url, const WebSocketSourceOptions& options, std::stop_token stop)
    : name_(url.shown()),
      max_frame_(options.max_frame),
      client_(without_star(url), {kSubprotocol, options.token, options.max_frame + kPrefixSize + kMaxHeaderSize, options.timeout},
              std::move(stop)),
      v1_(client_.subprotocol() == kSubprotocol) {
    if (!wants_all(url)) return;
    if (!v1_) throw Error(fmt::format("{}: the server does not know {}, so its streams come one at a time", name_, kSubprotocol));
    client_.send_text(R"({"subscribe":"*"})");
}

WebSocketSource::~WebSocketSource() {
    client_.close();
}

std::optional<Frame> WebSocketSource::next_until(SteadyClock::time_point until) {
    do {
        send_acknowledgements();
        auto message = client_.receive(until);
        if (!message) continue;
        if (!v1_) return bare_frame(std::move(*message));
        // The server's words about its streams are for those who choose among them.
        if (!message->is_text) return whole_frame(message->payload);
    } while (SteadyClock::now() < until);
    return std::nullopt;
}

Frame WebSocketSource::whole_frame(const Bytes& message) const {
    InputOptions options;
    options.name = name_;
    options.max_frame = max_frame_;
    options.stamp = false;
    if (!message.text().starts_with(std::string_view(kMagic.data(), kMagic.size())))
        throw Error(fmt::format("{}: a message is no frame, though the server speaks {}", name_, kSubprotocol));
    const auto input = open_input(message, options);
    auto frame = input->next();
    if (input->next()) throw Error(fmt::format("{}: a message has more than one frame", name_));
    return std::move(*frame);
}

void WebSocketSource::taken(const std::string& stream, std::uint64_t count) {
    if (!v1_ || count == 0) return;
    const std::lock_guard lock(mutex_);
    counts_[stream].taken += count;
    client_.wake();
}

void WebSocketSource::send_acknowledgements() {
    std::string words;
    std::unique_lock lock(mutex_);
    for (auto& [stream, count] : counts_) {
        if (count.said == count.taken) continue;
        count.said = count.taken;
        words = fmt::format(R"({{"ack":{},"stream":{}}})", count.taken, json_string(stream));
        lock.unlock();
        client_.send_text(words);
        lock.lock();
    }
}

}  // namespace framepipe
