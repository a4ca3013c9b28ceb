// The body of a request, as it comes: of a given length or in chunks (RFC 9112, 6 and 7).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "serve/http_message.hpp"

namespace framepipe::serve {

/// One thread at a time.
class HttpBody {
public:
    /// request  the head of the request
    explicit HttpBody(const Request& request);
    ~HttpBody();
    HttpBody(const HttpBody&) = delete;
    HttpBody& operator=(const HttpBody&) = delete;

    /// Takes bytes from the socket and appends what is of the body to `body`.
    /// throws Error if the chunks are broken
    void put(std::string_view bytes, std::string& body);
    /// True when it has come to its end.
    bool whole() const;
    /// Bytes that came behind the end: the next request's.
    std::string take_rest();

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
    std::string rest_;  // not parsed yet
};

}  // namespace framepipe::serve
