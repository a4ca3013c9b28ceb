#include "serve/http_body.hpp"

#include "catch.hpp"
#include "frame/error.hpp"

using namespace framepipe;
using namespace framepipe::serve;

namespace {

Request with(std::string name, std::string value) {
    Request request;
    request.headers.emplace_back(std::move(name), std::move(value));
    return request;
}

/// The body of a request that comes in pieces of `step` bytes, and in parentheses what came behind it.
std::string body_of(const Request& request, std::string_view bytes, std::size_t step) {
    HttpBody body(request);
    std::string text;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) body.put(bytes.substr(0, step), text);
    return text + (body.whole() ? "(" + body.take_rest() + ")" : "...");
}

}  // namespace

TEST_CASE("a body ends after its length or its last chunk, however it is cut", "[serve]") {
    for (const std::size_t step : {1, 2, 3, 7, 100}) {
        CHECK(body_of(with("content-length", "5"), "hello", step) == "hello()");
        CHECK(body_of(with("content-length", "5"), "hell", step) == "hell...");
        const Request chunked = with("transfer-encoding", "chunked");
        CHECK(body_of(chunked, "5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n", step) == "hello!()");
        CHECK(body_of(chunked, "5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", step) == "hello()");
        CHECK(body_of(chunked, "5\r\nhello\r\n", step) == "hello...");
    }
    CHECK(body_of(with("content-length", "5"), "helloGET /", 100) == "hello(GET /)");
    CHECK(body_of(with("transfer-encoding", "chunked"), "1\r\na\r\n0\r\n\r\nGET /", 100) == "a(GET /)");
}

TEST_CASE("broken chunks are an error", "[serve]") {
    for (const char* bad : {"no number\r\n", "5\r\nhelloworld\r\n", "fffffffffffffffff\r\n"})
        CHECK_THROWS_AS(body_of(with("transfer-encoding", "chunked"), bad, 100), Error);
}
