#include "serve/http_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "frame/ascii.hpp"

namespace framepipe::serve {

namespace {

/// The byte that the text's first three characters stand for; nullopt: they are no escape.
std::optional<char> escaped_byte(std::string_view text) {
    if (text.size() < 3 || text[0] != '%' || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0) return std::nullopt;
    return static_cast<char>(hex_digit(text[1]) * 16 + hex_digit(text[2]));
}

/// A name or value of a query. As in browsers a % that escapes nothing stands for itself.
std::string query_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = escaped_byte(text.substr(i));
        out += c ? *c : text[i] == '+' ? ' ' : text[i];
        if (c) i += 2;
    }
    return out;
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return value;
    return std::nullopt;
}

bool Request::header_lists(std::string_view name, std::string_view token) const {
    const auto value = header(name);
    return value && boost::beast::http::token_list(boost::beast::string_view(value->data(), value->size()))
                        .exists(boost::beast::string_view(token.data(), token.size()));
}

std::optional<std::string> Request::parameter(std::string_view name) const {
    std::string_view rest = query;
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (query_decoded(pair.substr(0, equals)) != name) continue;
        return query_decoded(pair.substr(std::min(pair.size(), equals + 1)));
    }
    return std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const auto c = escaped_byte(text.substr(i));
        if (!c || *c == 0) return std::nullopt;
        out += *c;
        i += 2;
    }
    return out;
}

std::optional<Request> parse_request(std::string_view head) {
    namespace http = boost::beast::http;
    http::request_parser<http::empty_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(kMaxRequestHead));
    parser.eager(false);
    parser.body_limit(boost::none);  // whoever takes a body has a limit of its own
    boost::beast::error_code ec;
    parser.put(boost::asio::buffer(head.data(), head.size()), ec);
    if ((ec && ec != http::error::need_more) || !parser.is_header_done()) return std::nullopt;

    const auto& message = parser.get();
    Request request;
    request.method = std::string(message.method_string());
    request.http_1_0 = message.version() < 11;
    request.keep_alive = parser.keep_alive();
    request.has_body = parser.chunked() || parser.content_length().value_or(0) > 0;
    std::string target(message.target());
    // A proxy's absolute form; the Host header says the rest.
    if (const auto scheme = target.find("://"); scheme != std::string::npos && target.front() != '/')
        target.erase(0, std::min(target.find('/', scheme + 3), target.size()));
    const std::size_t question = std::min(target.find('?'), target.size());
    auto path = percent_decode(std::string_view(target).substr(0, question));
    if (!path) return std::nullopt;
    request.path = path->empty() ? "/" : std::move(*path);
    if (question < target.size()) request.query = target.substr(question + 1);
    for (const auto& field : message)
        request.headers.emplace_back(lower({field.name_string().data(), field.name_string().size()}), std::string(field.value()));
    return request;
}

Response text_response(unsigned status, std::string_view line) {
    Response response;
    response.status = status;
    response.body = Bytes::from(std::string(line) + "\n");
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

std::string_view status_text(unsigned status) {
    switch (status) {
        case 200:
            return "OK";
        case 304:
            return "Not Modified";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 413:
            return "Content Too Large";
        case 421:
            return "Misdirected Request";
        case 426:
            return "Upgrade Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 503:
            return "Service Unavailable";
        default:
            return "Error";
    }
}

MessagePtr response_message(const Response& response, bool is_head, bool close) {
    std::string head = fmt::format("HTTP/1.1 {} {}\r\nServer: framepipe/" FRAMEPIPE_VERSION "\r\nX-Content-Type-Options: nosniff\r\n",
                                   response.status, status_text(response.status));
    if (response.status != 304) head += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", response.type, response.body.size());
    for (const auto& [name, value] : response.headers) head += fmt::format("{}: {}\r\n", name, value);
    head += close ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
    return std::make_shared<Message>(std::move(head), is_head || response.status == 304 ? Bytes() : response.body);
}

}  // namespace framepipe::serve
