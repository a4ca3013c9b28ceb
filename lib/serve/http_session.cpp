#include "serve/http_session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/log.hpp"
#include "frame/error.hpp"
#include "frame/header.hpp"
#include "serve/endpoints.hpp"
#include "serve/snapshot.hpp"
#include "serve/upload.hpp"

namespace framepipe::serve {
namespace {

/// How long a connection may stand between two requests, or before its first.
constexpr auto kIdleTimeout = std::chrono::seconds(60);
/// One for which there is no place, before it has asked.
constexpr auto kTurnAwayTimeout = std::chrono::seconds(2);
/// What may wait unread behind a request that is being answered.
constexpr std::size_t kMaxPipelined = 64 << 10;

constexpr std::string_view kPublishPath = "/publish";

bool is_mjpeg(const Context& context, const Request& request) {
    const auto& more = context.mjpeg_paths;
    return request.path == "/stream.mjpg" || std::find(more.begin(), more.end(), request.path) != more.end();
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
    const auto stream = request.parameter("stream");
    if (!denial && stream && (!is_valid_utf8(*stream) || stream->find('\0') != std::string::npos))
        denial = Denial{400, Refusal::bad_request, "the name of a stream is UTF-8 without zero bytes"};
    // The page itself shows nothing; what it asks for then needs the token.
    static constexpr std::array<std::string_view, 3> kGuarded{"/snapshot.jpg", "/streams", "/metrics"};
    const bool guarded =
        upgrade || request.parameter("action") || is_mjpeg(connection_.shard().context(), request) ||
        std::find(kGuarded.begin(), kGuarded.end(), request.path) != kGuarded.end() ||
        // A browser asks for a password only where it is to show something.
        (access.has_users() && request.path != "/healthz" && (request.path == "/" || connection_.shard().context().site.is_folder()));
    identity_ = access.identify(request);
    if (!denial && publish)
        denial = access.check(identity_, Right::publish, stream);
    else if (!denial && guarded)
        denial = access.check(identity_, Right::view, stream);
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
