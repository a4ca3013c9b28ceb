// What the paths of an HttpSession open: WebSockets, uploads, MJPEG streams and snapshots.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "frame/error.hpp"
#include "serve/endpoints.hpp"
#include "serve/http_session.hpp"
#include "serve/mjpeg_session.hpp"
#include "serve/publish_socket.hpp"
#include "serve/relay_session.hpp"
#include "serve/snapshot.hpp"
#include "serve/upload.hpp"
#include "serve/websocket_session.hpp"

namespace framepipe::serve {
namespace {

bool asks_for_v1(const Request& request) {
    return request.header_lists("sec-websocket-protocol", "framepipe.v1");
}

/// What has become of a producer's frames.
std::string account_of(const Intake::Status& status, double max_rate) {
    std::string words = status.done == 1 ? "1 frame" : fmt::format("{} frames", status.done);
    if (status.replaced > 0) words += fmt::format(", {} of them gave way to newer ones", status.replaced);
    if (status.too_fast > 0)
        words += fmt::format(", {} of them were over {} a second (the server's --publish-rate)", status.too_fast, max_rate);
    return words;
}

/// "30", "0.5"; nullopt: no number, or none that a rate can be.
std::optional<double> parse_rate(std::string_view text) {
    double rate = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
    if (error != std::errc() || end != text.data() + text.size() || !(rate >= 0) || rate > 1e6) return std::nullopt;
    return rate;
}

}  // namespace

bool HttpSession::is_viewer(const Request& request) {
    static constexpr std::array<std::string_view, 4> kViewers{"stream", "as", "fps", "meta"};
    return asks_for_v1(request) ||
           std::any_of(kViewers.begin(), kViewers.end(), [&](std::string_view name) { return request.parameter(name).has_value(); });
}

bool HttpSession::is_handshake(const Request& request) {
    if (request.header("sec-websocket-version") != "13") {
        Response response = text_response(426, "WebSocket version 13 is spoken here");
        response.headers.emplace_back("Sec-WebSocket-Version", "13");
        respond(request, std::move(response));
        return false;
    }
    if (request.method == "GET" && request.header_lists("connection", "upgrade") &&
        websocket_accept(request.header("sec-websocket-key").value_or("")))
        return true;
    refuse(request, 400, Refusal::bad_request, "this is no WebSocket handshake");
    return false;
}

template <typename Session>
void HttpSession::upgrade(const Request& request, std::unique_ptr<Session> session) {
    std::string head =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nServer: framepipe/" FRAMEPIPE_VERSION "\r\n";
    head += fmt::format("Sec-WebSocket-Accept: {}\r\n{}\r\n", *websocket_accept(*request.header("sec-websocket-key")),
                        asks_for_v1(request) ? "Sec-WebSocket-Protocol: framepipe.v1\r\n" : "");
    if (!connection_.outbox().put(std::make_shared<Message>(std::move(head)))) return connection_.close();
    Session& started = *session;
    const std::string rest = std::move(buffer_);
    connection_.speak(std::move(session));
    started.start();
    if (!rest.empty() && !connection_.closing()) started.on_bytes(rest);
}

void HttpSession::open_websocket(const Request& request) {
    const auto bad = [&](std::string_view text) { refuse(request, 400, Refusal::bad_request, text); };
    if (!is_handshake(request)) return;
    if (Relay* relay = connection_.shard().context().relay; relay && !is_viewer(request))
        return upgrade(request, std::make_unique<RelaySession>(connection_, *relay, request.parameter("echo") == "1",
                                                               request.header("origin").has_value()));

    WebSocketOptions options;
    options.stream = request.parameter("stream");
    options.permit = identity_.permit;
    options.meta = request.parameter("meta") == "1";
    options.v1 = asks_for_v1(request);
    const auto as = request.parameter("as");
    const auto parsed_as = as ? parse_as(*as) : options.v1 ? As::image : connection_.shard().context().default_as;
    if (!parsed_as) return bad("?as= takes image, lossless, raw, base64 or data-url");
    options.as = *parsed_as;
    if (options.v1 && !travels_as_bytes(options.as)) return bad("framepipe.v1 carries bytes: ?as= takes image, lossless or raw there");
    const auto fps = request.parameter("fps");
    const auto rate = fps ? parse_rate(*fps) : 0.0;
    if (!rate) return bad("?fps= takes a number of pictures a second");
    options.fps = *rate;

    upgrade(request, std::make_unique<WebSocketSession>(connection_, std::move(options)));
}

void HttpSession::open_publish(const Request& request) {
    Publishing& publishing = *connection_.shard().context().publishing;
    if (request.header_lists("upgrade", "websocket")) {
        if (!is_handshake(request)) return;
        return upgrade(request, std::make_unique<PublishSocket>(connection_, publishing, request.parameter("stream"), identity_.permit,
                                                                asks_for_v1(request)));
    }
    if (request.method != "POST" && request.method != "PUT") {
        Response response = text_response(405, fmt::format("{} is not possible here; POST, PUT and WebSockets are", request.method));
        response.headers.emplace_back("Allow", "POST, PUT");
        connection_.shard().counters().refusals[static_cast<std::size_t>(Refusal::method)].add();
        return respond(request, std::move(response));
    }
    if (!request.has_body) return refuse(request, 400, Refusal::bad_request, "a frame, a picture or a run of them is to be sent along");
    const auto fail = [&](std::string_view text) { refuse(request, 400, Refusal::bad_request, text); };
    PublishRefusal refusal;
    try {
        upload_ = std::make_unique<Upload>(connection_, publishing, request, identity_.permit,
                                           [this, request](const Intake::Status& status) { end_upload(request, status); });
    } catch (const Error& error) {
        return fail(error.what());
    }
    if (!upload_->open(refusal)) {
        upload_.reset();
        return refuse(request, refusal.status, Refusal::publish, refusal.text);
    }
    if (request.header_lists("expect", "100-continue")) {
        if (!connection_.outbox().put(std::make_shared<Message>("HTTP/1.1 100 Continue\r\n\r\n"))) return connection_.close();
        if (!connection_.sending()) connection_.flush();
    }
    if (!buffer_.empty()) take_body(std::exchange(buffer_, {}));
}

void HttpSession::take_body(std::string_view bytes) {
    try {
        upload_->put(bytes);
    } catch (const Error& error) {
        close_ = true;
        return refuse(Request{}, 400, Refusal::bad_request, error.what());
    }
    if (upload_->whole()) buffer_ = upload_->take_rest();
}

void HttpSession::end_upload(Request request, const Intake::Status& status) {
    const Publishing& publishing = *connection_.shard().context().publishing;
    // Behind a whole body the next request may come; else it is in doubt where that would begin.
    request.has_body = !upload_->whole();
    if (status.lost || (status.published == 0 && status.refused == Taken::too_fast)) {
        const PublishRefusal refusal = publishing.refusal_of(status.refused, status.lost_stream);
        return refuse(request, refusal.status, Refusal::publish, refusal.text);
    }
    if (!status.failure.empty()) return refuse(request, 400, Refusal::bad_request, status.failure);
    if (status.done == 0) return refuse(request, 400, Refusal::bad_request, "there is no frame in the body");
    respond(request, text_response(200, account_of(status, publishing.options().max_rate)));
}

void HttpSession::open_mjpeg(const Request& request) {
    const auto bad = [&](std::string_view text) { refuse(request, 400, Refusal::bad_request, text); };
    const auto as = request.parameter("as");
    if (as && *as != "image") return bad("?as= takes image here, for each picture's own type");
    const auto fps = request.parameter("fps");
    const auto rate = fps ? parse_rate(*fps) : 0.0;
    if (!rate) return bad("?fps= takes a number of pictures a second");
    const auto readable_by = connection_.shard().context().access.readable_by(request);
    if (!connection_.outbox().put(mjpeg_head_message(readable_by, request.is_head()))) return connection_.close();
    if (request.is_head()) return connection_.finish();
    auto session =
        std::make_unique<MjpegSession>(connection_, request.parameter("stream"), identity_.permit, as ? As::image : As::jpeg, *rate);
    MjpegSession& started = *session;
    connection_.speak(std::move(session));
    connection_.flush();
    started.start();
}

void HttpSession::open_snapshot(const Request& request) {
    const auto bad = [&](std::string_view text) { refuse(request, 400, Refusal::bad_request, text); };
    const auto as = request.parameter("as");
    if (as && *as != "image" && *as != "lossless") return bad("?as= takes image or lossless here, for the picture's own type");
    std::optional<std::chrono::milliseconds> max_age;
    if (const auto text = request.parameter("max_age")) {
        const auto number = parse_rate(*text);
        if (!number) return bad("?max_age= takes a number of milliseconds");
        max_age = std::chrono::milliseconds(static_cast<std::int64_t>(*number));
    }
    const As wanted = as ? *parse_as(*as) : As::jpeg;
    Hub& hub = connection_.shard().hub();
    const auto stream = request.parameter("stream");
    const auto name = stream ? stream : hub.default_picture_stream(*identity_.permit);
    const FramePtr latest = name ? hub.latest(*name) : nullptr;
    if (latest && latest->is_picture() && (!max_age || SteadyClock::now() - latest->arrival() <= *max_age))
        return answer_snapshot(request, latest, wanted);
    snapshot_ = std::make_unique<SnapshotWait>(connection_.shard(), stream, identity_.permit, Form{Wrap::mjpeg, wanted},
                                               [this, request, wanted](const FramePtr& frame) { answer_snapshot(request, frame, wanted); });
    snapshot_->start();
}

void HttpSession::answer_snapshot(const Request& request, const FramePtr& frame, As as) {
    std::optional<LiveFrame::Picture> picture;
    if (frame) picture = frame->picture(as);
    if (!picture) {
        const auto complaint = connection_.shard().hub().complaint();
        return respond(request, text_response(503, frame ? "the picture is broken" : complaint.value_or("no picture came in time")));
    }
    Response response;
    response.type = picture->header.type();
    response.body = picture->bytes;
    response.headers = live_picture_headers();
    if (const auto time = frame->header().time_us())
        response.headers.emplace_back("X-Timestamp", fmt::format("{}.{:06}", *time / 1000000, *time % 1000000));
    respond(request, std::move(response));
}

}  // namespace framepipe::serve
