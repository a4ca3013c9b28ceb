#include "serve/http_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cli/log.hpp"
#include "frame/error.hpp"
#include "serve/endpoints.hpp"
#include "serve/mjpeg_session.hpp"
#include "serve/publish_socket.hpp"
#include "serve/relay_session.hpp"
#include "serve/snapshot.hpp"
#include "serve/upload.hpp"
#include "serve/websocket_session.hpp"

namespace framepipe::serve {
namespace {

/// How long a connection may stand between two requests, or before its first.
constexpr auto kIdleTimeout = std::chrono::seconds(60);
/// One for which there is no place, before it has asked.
constexpr auto kTurnAwayTimeout = std::chrono::seconds(2);
/// What may wait unread behind a request that is being answered.
constexpr std::size_t kMaxPipelined = 64 << 10;

constexpr std::string_view kPublishPath = "/publish";

bool asks_for_v1(const Request& request) {
    return request.header_lists("sec-websocket-protocol", "framepipe.v1");
}

/// True if it asks for what only viewers of streams get. All others are clients of the hub, where there is one.
bool is_viewer(const Request& request) {
    static constexpr std::array<std::string_view, 4> kViewers{"stream", "as", "fps", "meta"};
    return asks_for_v1(request) ||
           std::any_of(kViewers.begin(), kViewers.end(), [&](std::string_view name) { return request.parameter(name).has_value(); });
}

bool is_mjpeg(const Context& context, const Request& request) {
    const auto& more = context.mjpeg_paths;
    return request.path == "/stream.mjpg" || std::find(more.begin(), more.end(), request.path) != more.end();
}

/// "30", "0.5"; nullopt: no number, or none that a rate can be.
std::optional<double> parse_rate(std::string_view text) {
    double rate = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
    if (error != std::errc() || end != text.data() + text.size() || !(rate >= 0) || rate > 1e6) return std::nullopt;
    return rate;
}

}  // namespace

HttpSession::HttpSession(Connection& connection) : connection_(connection), since_(connection.shard().loop().now()) {}
HttpSession::~HttpSession() {
    *self_ = nullptr;
}

void HttpSession::on_bytes(std::string_view bytes) {
    if (upload_ && !upload_->whole()) return take_body(bytes);
    if (buffer_.empty()) since_ = connection_.shard().loop().now();
    buffer_.append(bytes);
    if (buffer_.size() > kMaxPipelined && busy_) {
        connection_.shard().counters().refusals[static_cast<std::size_t>(Refusal::too_large)].add();
        return connection_.close();
    }
    next_request();
}

void HttpSession::next_request() {
    while (!busy_ && !buffer_.empty() && !connection_.closing()) {
        // Empty lines before a request are passed over (RFC 9112, 2.2).
        if (buffer_.starts_with("\r\n")) {
            buffer_.erase(0, 2);
            continue;
        }
        const std::size_t end = buffer_.find("\r\n\r\n");
        Request request;
        if (buffer_[0] < 'A' || buffer_[0] > 'Z') {
            buffer_.clear();
            return refuse(request, 400, Refusal::bad_request, "this is no HTTP request");
        }
        if (std::min(end, buffer_.size()) > kMaxRequestHead) {
            buffer_.clear();
            return refuse(request, 431, Refusal::too_large,
                          fmt::format("the request's head is over the limit of {} bytes", kMaxRequestHead));
        }
        if (end == std::string::npos) return;
        auto parsed = parse_request(std::string_view(buffer_).substr(0, end + 4));
        buffer_.erase(0, end + 4);
        if (!parsed) {
            buffer_.clear();
            return refuse(request, 400, Refusal::bad_request, "this is no HTTP/1.1 request");
        }
        connection_.shard().counters().requests.add();
        busy_ = true;
        handle(std::move(*parsed));
        if (connection_.protocol() != this) return;  // buffer_ went along
    }
}

bool HttpSession::admit(const Request& request) {
    const Access& access = connection_.shard().context().access;
    const bool upgrade = request.header_lists("upgrade", "websocket");
    const bool publish = request.path == kPublishPath;
    auto denial = access.check_host(request, connection_.peer());
    if (!denial && (upgrade || publish)) denial = access.check_origin(request);
    if (!denial && publish && !connection_.shard().context().publishing)
        denial = Denial{403, Refusal::publish, "nobody may push frames to this server; its option --publish would admit it"};
    // The page itself shows nothing; what it asks for then needs the token.
    static constexpr std::array<std::string_view, 3> kGuarded{"/snapshot.jpg", "/streams", "/metrics"};
    const bool guarded =
        upgrade || request.parameter("action") || is_mjpeg(connection_.shard().context(), request) ||
        std::find(kGuarded.begin(), kGuarded.end(), request.path) != kGuarded.end() ||
        // A browser asks for a password only where it is to show something.
        (access.has_users() && request.path != "/healthz" && (request.path == "/" || connection_.shard().context().site.is_folder()));
    identity_ = access.identify(request);
    if (!denial && publish)
        denial = access.check(identity_, Right::publish, request.parameter("stream"));
    else if (!denial && guarded)
        denial = access.check(identity_, Right::view, request.parameter("stream"));
    // Of the hub, each client gets everything.
    const bool hears_all = upgrade && connection_.shard().context().relay && !is_viewer(request);
    if (!denial && (request.path == "/metrics" || (hears_all && !publish))) denial = access.check_all(identity_, Right::view);
    if (!denial) return true;
    log::warn_once(name_of(denial->reason), "refused a request: " + denial->text);
    refuse(request, denial->status, denial->reason, denial->text);
    return false;
}

/// Answers those for whom there is no room. Whoever watches over the server can look at all times.
/// returns  false if the request has been answered
bool HttpSession::has_place(const Request& request) {
    const auto tell = [&](const Denial& denial, const char* retry_after) {
        close_ = true;
        Response response = text_response(denial.status, denial.text);
        response.headers.emplace_back("Retry-After", retry_after);
        respond(request, std::move(response));
        return false;
    };
    if (const auto& denial = connection_.seat().denial()) {
        close_ = true;
        return request.path == "/healthz" || request.path == "/metrics" || tell(*denial, "10");
    }
    const auto denial = connection_.shard().context().limits.check_request(connection_.peer());
    if (!denial) return true;
    connection_.shard().counters().refusals[static_cast<std::size_t>(denial->reason)].add();
    log::warn_once(name_of(denial->reason), "refused a request: " + denial->text);
    return tell(*denial, "1");
}

/// Removes what a proxy left in front of the path.
/// returns  false if the request has been answered
bool HttpSession::take_base_path(Request& request) {
    const std::string& base = connection_.shard().context().base_path;
    if (base.empty()) return true;
    if (request.path.starts_with(base)) request.path.erase(0, base.size() - 1);
    if (request.path + "/" != base) return true;
    // The page's own addresses are relative: they need the slash.
    Response response = text_response(308, "the page is at " + base);
    response.headers.emplace_back("Location", base + (request.query.empty() ? "" : "?" + request.query));
    respond(request, std::move(response));
    return false;
}

void HttpSession::handle(Request request) {
    if (!take_base_path(request) || !has_place(request)) return;
    if (const auto login = connection_.shard().context().access.unchecked_login(request)) return check_login(*login, std::move(request));
    route(request);
}

void HttpSession::check_login(const Login& login, Request request) {
    checking_ = true;
    EventLoop& loop = connection_.shard().loop();
    const auto tell = [&loop, self = self_, request = std::move(request)](Passwords::Verdict verdict) {
        loop.post([self, request, verdict] {
            if (*self) (*self)->on_verdict(request, verdict);
        });
    };
    connection_.shard().context().access.check(login, connection_.peer(), tell);
}

void HttpSession::on_verdict(const Request& request, Passwords::Verdict verdict) {
    checking_ = false;
    if (connection_.closing()) return;
    const auto tell = [&](unsigned status, std::string_view text) {
        log::warn_once("passwords", fmt::format("refused a request: {}", text));
        refuse(request, status, Refusal::token, text);
    };
    switch (verdict) {
        case Passwords::Verdict::too_often:
            return tell(429, "too many wrong passwords from your address; wait a while");
        case Passwords::Verdict::busy:
            return tell(503, "too many passwords wait to be checked");
        default:
            return route(request);  // a wrong one is as good as none
    }
}

void HttpSession::route(const Request& request) {
    if (!admit(request)) return;
    const Context& context = connection_.shard().context();
    if (request.path == kPublishPath) return open_publish(request);
    if (request.method != "GET" && request.method != "HEAD") {
        close_ = close_ || request.has_body;
        Response response = text_response(405, fmt::format("{} is not possible here; GET and HEAD are", request.method));
        response.headers.emplace_back("Allow", "GET, HEAD");
        connection_.shard().counters().refusals[static_cast<std::size_t>(Refusal::method)].add();
        return respond(request, std::move(response));
    }
    const auto& sockets = context.websocket_paths;
    const bool is_socket = std::find(sockets.begin(), sockets.end(), request.path) != sockets.end();
    if (request.header_lists("upgrade", "websocket")) {
        if (is_socket || request.path == "/") return open_websocket(request);
        return refuse(request, 404, Refusal::not_found,
                      fmt::format("no WebSocket here; {} is one (the server's --ws-path)", sockets.front()));
    }
    const std::string action = request.path == "/" ? request.parameter("action").value_or("") : "";
    if (is_mjpeg(context, request) || action == "stream") return open_mjpeg(request);
    if (request.path == "/snapshot.jpg" || action == "snapshot") return open_snapshot(request);
    if (request.path == "/healthz") return respond(request, health_response(context));
    if (request.path == "/streams") return respond(request, streams_response(context, *identity_.permit));
    if (request.path == "/metrics") return respond(request, metrics_response(context));
    if (is_socket) {
        Response response = text_response(426, "this is a WebSocket");
        response.headers.emplace_back("Upgrade", "websocket");
        return respond(request, std::move(response));
    }
    if (auto file = context.site.find(request)) return respond(request, std::move(*file));
    refuse(request, 404, Refusal::not_found, "there is nothing here");
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
        return upgrade(request, std::make_unique<RelaySession>(connection_, *relay, request.parameter("echo") == "1"));

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
    respond(request, text_response(200, status.done == 1 ? "1 frame" : fmt::format("{} frames", status.done)));
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

void HttpSession::respond(const Request& request, Response response) {
    close_ = close_ || !request.keep_alive || request.has_body;
    if (const auto origin = connection_.shard().context().access.readable_by(request)) {
        response.headers.emplace_back("Access-Control-Allow-Origin", *origin);
        response.headers.emplace_back("Vary", "Origin");
    }
    busy_ = true;
    if (!connection_.outbox().put(response_message(response, request.is_head(), close_))) return connection_.close();
    if (!connection_.sending()) connection_.flush();
}

void HttpSession::refuse(const Request& request, unsigned status, Refusal reason, std::string_view text) {
    connection_.shard().counters().refusals[static_cast<std::size_t>(reason)].add();
    close_ = close_ || status == 400 || status == 431;  // where the next request begins is then in doubt
    Response response = text_response(status, text);
    if (status == 401) {
        if (connection_.shard().context().access.has_users())
            response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"framepipe\", charset=\"UTF-8\"");
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
    }
    respond(request, std::move(response));
}

void HttpSession::on_drained() {
    if (!busy_ || checking_) return;
    if (snapshot_ && !snapshot_->answered()) return;
    if (upload_ && !upload_->ended() && !close_) return;
    busy_ = false;
    since_ = connection_.shard().loop().now();
    if (close_) return connection_.finish();
    if (!buffer_.empty()) next_request();
}

void HttpSession::on_tick() {
    if (busy_) return;
    const auto waited = connection_.shard().loop().now() - since_;
    if (connection_.seat().denial() && waited > kTurnAwayTimeout) return connection_.close();
    if (buffer_.empty() && waited > kIdleTimeout) return connection_.finish();
    if (buffer_.empty() || waited <= connection_.shard().context().header_timeout) return;
    buffer_.clear();
    refuse(Request{}, 408, Refusal::timeout, "the request did not come whole in time");
}

void HttpSession::on_end() {
    if (upload_ && !upload_->whole()) return connection_.close();
    // Some clients close their side once they have asked (`nc -N`): they still get their answer.
    if (busy_) {
        close_ = true;
        return;
    }
    connection_.finish();
}

void HttpSession::on_plain_request() {
    refuse(Request{}, 400, Refusal::bad_request, "TLS is spoken here: the address begins with https://");
}

void HttpSession::on_dismissed(Refusal) {
    connection_.finish();
}

void HttpSession::on_stop() {
    connection_.finish();
}

}  // namespace framepipe::serve
