#include "serve/http_body.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/optional.hpp>
#include <limits>
#include <utility>

#include "frame/error.hpp"

namespace framepipe::serve {
namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::beast::error_code;

/// A body, as Beast understands the word, that goes to a string which its owner empties.
struct ForwardedBody {
    using value_type = std::string;
    class reader {
    public:
        template <bool IsRequest, typename Fields>
        reader(http::header<IsRequest, Fields>&, value_type& body) : body_(body) {}
        void init(const boost::optional<std::uint64_t>&, ErrorCode& ec) { ec = {}; }
        template <typename Buffers>
        std::size_t put(const Buffers& buffers, ErrorCode& ec) {
            ec = {};
            std::size_t size = 0;
            for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
                body_.append(static_cast<const char*>(buffer.data()), buffer.size());
                size += buffer.size();
            }
            return size;
        }
        void finish(ErrorCode& ec) { ec = {}; }

    private:
        value_type& body_;
    };
};

}  // namespace

struct HttpBody::Parser : http::request_parser<ForwardedBody> {};

HttpBody::HttpBody(const Request& request) : parser_(std::make_unique<Parser>()) {
    parser_->body_limit(boost::none);
    parser_->eager(true);
    // Only what tells where the body ends; the head itself has been parsed before.
    std::string head = "POST / HTTP/1.1\r\n";
    for (const auto& [name, value] : request.headers)
        if (name == "content-length" || name == "transfer-encoding") head += name + ": " + value + "\r\n";
    std::string none;
    put(head + "\r\n", none);
}

HttpBody::~HttpBody() = default;

void HttpBody::put(std::string_view bytes, std::string& body) {
    rest_.append(bytes);
    while (!parser_->is_done() && !rest_.empty()) {
        ErrorCode ec;
        const std::size_t used = parser_->put(boost::asio::buffer(rest_), ec);
        rest_.erase(0, used);
        if (ec && ec != http::error::need_more) throw Error("the request's body is broken: " + ec.message());
        if (used == 0) break;
    }
    body += std::exchange(parser_->get().body(), {});
}

bool HttpBody::whole() const {
    return parser_->is_done();
}

std::string HttpBody::take_rest() {
    return std::exchange(rest_, {});
}

}  // namespace framepipe::serve
