#include "net/websocket_client.hpp"

#include <fmt/format.h>
#include <openssl/err.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <vector>

#include "frame/error.hpp"
#include "net/not_there.hpp"

namespace framepipe {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using Socket = asio::ip::tcp::socket;
using ErrorCode = beast::error_code;
using Done = std::function<void(ErrorCode)>;

/// Beast's stream over a socket or over TLS, as one type.
class Stream {
public:
    virtual ~Stream() = default;
    virtual void handshake_tls(const std::string& host, Done done) = 0;
    virtual void handshake(websocket::response_type& answer, const std::string& host, const std::string& target, Done done) = 0;
    virtual void read(beast::flat_buffer& buffer, Done done) = 0;
    virtual void write(bool text, const std::vector<asio::const_buffer>& parts, Done done) = 0;
    virtual void close(Done done) = 0;
    virtual bool got_text() const = 0;
    virtual websocket::close_reason reason() const = 0;
};

template <class Next>
class StreamOver : public Stream {
public:
    template <class... Arguments>
    StreamOver(const WebSocketClientOptions& options, const std::string& authorization, Arguments&&... arguments)
        : stream_(std::forward<Arguments>(arguments)...) {
        // Our own deadline is over the handshake, with connecting.
        stream_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(), options.timeout, true});
        stream_.set_option(websocket::stream_base::decorator([options, authorization](websocket::request_type& request) {
            request.set(http::field::user_agent, "framepipe/" FRAMEPIPE_VERSION);
            if (!options.subprotocol.empty()) request.set(http::field::sec_websocket_protocol, options.subprotocol);
            if (!authorization.empty()) request.set(http::field::authorization, authorization);
        }));
        stream_.read_message_max(static_cast<std::size_t>(options.max_message));
        stream_.auto_fragment(false);
        stream_.write_buffer_bytes(64 << 10);  // what is masked at once
    }

    void handshake_tls([[maybe_unused]] const std::string& host, Done done) override {
        if constexpr (std::is_same_v<Next, Socket>) {
            done({});
        } else {
            auto& tls = stream_.next_layer();
            tls.set_verify_mode(asio::ssl::verify_peer);
            tls.set_verify_callback(asio::ssl::host_name_verification(host));
            if (SSL_set_tlsext_host_name(tls.native_handle(), host.c_str()) != 1) return done(asio::error::invalid_argument);
            tls.async_handshake(asio::ssl::stream_base::client, std::move(done));
        }
    }
    void handshake(websocket::response_type& answer, const std::string& host, const std::string& target, Done done) override {
        stream_.async_handshake(answer, host, target, std::move(done));
    }
    void read(beast::flat_buffer& buffer, Done done) override {
        stream_.async_read(buffer, [done = std::move(done)](ErrorCode error, std::size_t) { done(error); });
    }
    void write(bool text, const std::vector<asio::const_buffer>& parts, Done done) override {
        stream_.text(text);
        stream_.async_write(parts, [done = std::move(done)](ErrorCode error, std::size_t) { done(error); });
    }
    void close(Done done) override { stream_.async_close(websocket::close_code::normal, std::move(done)); }
    bool got_text() const override { return stream_.got_text(); }
    websocket::close_reason reason() const override { return stream_.reason(); }

private:
    websocket::stream<Next> stream_;
};

/// The system's words for a failure, in our style.
std::string words_of(const ErrorCode& error) {
    if (error.category() == asio::error::get_system_category()) return system_reason(error.value());
    if (error.category() == asio::error::get_ssl_category()) {
        const char* reason = ::ERR_reason_error_string(static_cast<unsigned long>(error.value()));
        return reason != nullptr ? reason : "the encryption failed";
    }
    if (error == beast::error::timeout) return "the server is silent";
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated || error == http::error::end_of_stream)
        return "the server closed the connection";
    return error.message();
}

}  // namespace

struct WebSocketClient::Impl {
    Impl(const HttpUrl& address, const WebSocketClientOptions& settings, std::stop_token token)
        : url(address), options(settings), stop(std::move(token)), on_stop(stop, [this] { asio::post(context, [] {}); }) {}

    void connect();
    std::unique_ptr<Stream> open(Socket socket);
    void check_answer(const ErrorCode& error, const websocket::response_type& answer) const;
    void send(bool text, const std::vector<asio::const_buffer>& parts);
    std::optional<WebSocketMessage> receive(SteadyClock::time_point until);
    void read();
    [[noreturn]] void fail_reading() const;

    /// Lets what was begun go on until `enough`, or until `until`.
    template <class Enough>
    bool run(SteadyClock::time_point until, Enough enough, bool stoppable = true) {
        while (!enough()) {
            if (stoppable && stop.stop_requested()) throw Error("told to stop");
            if (SteadyClock::now() >= until) return false;
            context.run_one_until(until);
        }
        return true;
    }
    /// Begins an operation with `begin(done)` and waits for it. returns  its error; nullopt: `until` has come
    template <class Begin>
    std::optional<ErrorCode> wait_for(SteadyClock::time_point until, Begin begin) {
        // What outlives this call must not write into its frame.
        const auto result = std::make_shared<std::optional<ErrorCode>>();
        begin([result](ErrorCode error) { *result = error; });
        if (!run(until, [&] { return result->has_value(); })) return std::nullopt;
        return *result;
    }

    const HttpUrl url;
    const WebSocketClientOptions options;
    asio::io_context context{1};
    const asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::optional<asio::ssl::context> tls;
    std::unique_ptr<Stream> stream;
    std::string subprotocol;
    std::atomic<bool> woken{false};

    // The message that comes in.
    beast::flat_buffer buffer;
    std::size_t last_size = 0;
    bool reading = false;
    std::optional<ErrorCode> read_result;

    const std::stop_token stop;
    const std::stop_callback<std::function<void()>> on_stop;
};

std::unique_ptr<Stream> WebSocketClient::Impl::open(Socket socket) {
    socket.set_option(asio::ip::tcp::no_delay(true));
    const std::string authorization = options.token.empty() ? url.authorization : "Bearer " + options.token;
    if (!url.secure()) return std::make_unique<StreamOver<Socket>>(options, authorization, std::move(socket));
    tls.emplace(asio::ssl::context::tls_client);
    tls->set_default_verify_paths();
    return std::make_unique<StreamOver<asio::ssl::stream<Socket>>>(options, authorization, std::move(socket), *tls);
}

void WebSocketClient::Impl::check_answer(const ErrorCode& error, const websocket::response_type& answer) const {
    if (!error) return;
    if (error == websocket::error::upgrade_declined) {
        const int status = answer.result_int();
        if (status == 401) throw Error(fmt::format("{} wants a token, or another one (--token-file)", url.shown()));
        // The first line of what it says is its reason.
        const auto words = answer.body().substr(0, std::min<std::size_t>(answer.body().find('\n'), 200));
        const std::string reason = std::to_string(status) + " " + std::string(words.empty() ? std::string(answer.reason()) : words);
        const std::string said = fmt::format("{}: the server answers {}", url.shown(), json_string(reason));
        // What a server says that is full, and a proxy before one that is not there.
        if (status >= 502 && status <= 504) throw NotThereError(said);
        throw Error(said);
    }
    const bool is_protocol = error.category() == websocket::make_error_code(websocket::error::closed).category() ||
                             error.category() == http::make_error_code(http::error::bad_version).category();
    if (is_protocol && error != http::error::end_of_stream) {
        throw Error(fmt::format("{} is no WebSocket server: {}", url.shown(), words_of(error)));
    }
    throw Error(fmt::format("cannot connect to {}: {}", url.shown(), words_of(error)));
}

void WebSocketClient::Impl::connect() {
    const auto until = SteadyClock::now() + options.timeout;
    const auto checked = [&](const std::optional<ErrorCode>& result) {
        if (!result) {
            const double seconds = std::chrono::duration<double>(options.timeout).count();
            throw Error(fmt::format("cannot connect to {}: no answer for {} s", url.shown(), seconds));
        }
        return *result;
    };
    asio::ip::tcp::resolver resolver(context);
    const auto found = std::make_shared<asio::ip::tcp::resolver::results_type>();
    auto error = checked(wait_for(until, [&](Done done) {
        resolver.async_resolve(url.host, url.port, [found, done](ErrorCode result, asio::ip::tcp::resolver::results_type addresses) {
            *found = std::move(addresses);
            done(result);
        });
    }));
    if (error) throw Error(fmt::format("cannot find the host {}: {}", url.host, error.message()));
    const auto socket = std::make_shared<Socket>(context);
    const auto connected = wait_for(until, [&](Done done) {
        asio::async_connect(*socket, *found, [socket, found, done](ErrorCode result, const asio::ip::tcp::endpoint&) { done(result); });
    });
    const int reason = connected ? connected->value() : ETIMEDOUT;
    if (is_not_there(reason)) throw NotThereError(fmt::format("cannot connect to {}: {}", url.shown(), system_reason(reason)));
    check_answer(*connected, {});
    stream = open(std::move(*socket));
    check_answer(checked(wait_for(until, [&](Done done) { stream->handshake_tls(url.host, std::move(done)); })), {});
    websocket::response_type answer;
    error = checked(wait_for(until, [&](Done done) { stream->handshake(answer, url.host_header, url.target, std::move(done)); }));
    check_answer(error, answer);
    subprotocol = std::string(answer[http::field::sec_websocket_protocol]);
}

void WebSocketClient::Impl::read() {
    if (reading || read_result) return;
    reading = true;
    buffer = beast::flat_buffer(static_cast<std::size_t>(options.max_message));
    // Pictures of a stream are about equally large, so that this one need hardly be moved while it grows.
    buffer.reserve(std::min<std::size_t>(last_size + last_size / 8 + 1024, static_cast<std::size_t>(options.max_message)));
    stream->read(buffer, [this](ErrorCode error) {
        reading = false;
        read_result = error;
    });
}

void WebSocketClient::Impl::fail_reading() const {
    const ErrorCode error = *read_result;
    const auto reason = stream->reason();
    // Who closes may be gone before the connection is taken down in order.
    if (error == websocket::error::closed || reason) {
        const std::string words(reason.reason.data(), reason.reason.size());
        const std::string code = reason.code == websocket::close_code::none ? "" : fmt::format(" ({})", static_cast<int>(reason.code));
        throw WebSocketClosed("the server closed the connection" + code + (words.empty() ? "" : ": " + json_string(words)), reason.code);
    }
    if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow)
        throw Error(fmt::format("a message is over the limit of {} bytes (--max-frame)", options.max_message));
    if (error == beast::error::timeout)
        throw Error(fmt::format("the server sent nothing for {} s", std::chrono::duration<double>(options.timeout).count()));
    throw Error("the connection broke: " + words_of(error));
}

std::optional<WebSocketMessage> WebSocketClient::Impl::receive(SteadyClock::time_point until) {
    read();
    const bool ended = run(until, [&] { return read_result || woken; });
    woken = false;
    if (!ended || !read_result) return std::nullopt;
    if (*read_result) fail_reading();
    read_result.reset();
    last_size = buffer.size();
    WebSocketMessage message;
    message.is_text = stream->got_text();
    const auto owner = std::make_shared<beast::flat_buffer>(std::move(buffer));
    const auto bytes = owner->cdata();
    message.payload = Bytes(owner, {static_cast<const std::byte*>(bytes.data()), bytes.size()});
    return message;
}

void WebSocketClient::Impl::send(bool text, const std::vector<asio::const_buffer>& parts) {
    // Something must read, or nobody would answer pings while this waits.
    read();
    const auto result = wait_for(SteadyClock::now() + options.timeout, [&](Done done) { stream->write(text, parts, std::move(done)); });
    if (!result) throw Error(fmt::format("the server takes nothing for {} s", std::chrono::duration<double>(options.timeout).count()));
    if (!*result) return;
    if (read_result && *read_result) fail_reading();  // it knows the server's reason
    throw Error("the connection broke: " + words_of(*result));
}

WebSocketClient::WebSocketClient(const HttpUrl& url, const WebSocketClientOptions& options, std::stop_token stop)
    : impl_(std::make_unique<Impl>(url, options, std::move(stop))) {
    impl_->connect();
}

WebSocketClient::~WebSocketClient() = default;

const std::string& WebSocketClient::subprotocol() const {
    return impl_->subprotocol;
}

std::optional<WebSocketMessage> WebSocketClient::receive(SteadyClock::time_point until) {
    return impl_->receive(until);
}

void WebSocketClient::send_text(std::string_view text) {
    impl_->send(true, {asio::buffer(text.data(), text.size())});
}

void WebSocketClient::send_binary(std::initializer_list<std::span<const std::byte>> parts) {
    std::vector<asio::const_buffer> buffers;
    for (const auto& part : parts) buffers.emplace_back(part.data(), part.size());
    impl_->send(false, buffers);
}

void WebSocketClient::close(std::chrono::milliseconds limit) noexcept {
    try {
        const auto done = std::make_shared<bool>(false);
        impl_->stream->close([done](ErrorCode) { *done = true; });
        impl_->run(
            SteadyClock::now() + limit, [&] { return *done; }, false);
    } catch (...) {
        // The connection ends either way.
    }
}

void WebSocketClient::wake() {
    impl_->woken = true;
    asio::post(impl_->context, [] {});
}

}  // namespace framepipe
