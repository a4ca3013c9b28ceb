// HTTP requests and responses.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/message.hpp"

namespace framepipe::serve {

/// The longest head of a request that is read.
inline constexpr std::size_t kMaxRequestHead = 16 << 10;

/// The head of a request.
struct Request {
    std::string method;
    std::string path;   // of the target, percent-decoded
    std::string query;  // of the target, as it came
    bool http_1_0 = false;
    bool keep_alive = false;
    bool has_body = false;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case

    /// A header's value; nullopt: it is not there.
    std::optional<std::string_view> header(std::string_view lower_case_name) const;
    /// True if a header that lists tokens has this one, upper or lower case.
    bool header_lists(std::string_view lower_case_name, std::string_view token) const;
    /// A parameter of the query, decoded; nullopt: it is not there.
    std::optional<std::string> parameter(std::string_view name) const;
    bool is_head() const { return method == "HEAD"; }
};

/// Parses a whole head, up to and with its empty line.
/// returns nullopt if it is no HTTP/1 request
std::optional<Request> parse_request(std::string_view head);

/// A path: %41 is A. nullopt: broken, or it hides a zero byte
std::optional<std::string> percent_decode(std::string_view text);

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Response {
    unsigned status = 200;
    std::string type = "text/plain; charset=utf-8";
    Bytes body;
    Headers headers{};
};

/// One line of text and a line end.
Response text_response(unsigned status, std::string_view line);

std::string_view status_text(unsigned status);

/// The response as bytes. HEAD: without its body. close: the connection ends after it.
MessagePtr response_message(const Response& response, bool is_head, bool close);

}  // namespace framepipe::serve
