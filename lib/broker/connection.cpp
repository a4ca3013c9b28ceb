#include "broker/connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include "broker/reasons.hpp"
#include "frame/descriptor.hpp"
#include "frame/error.hpp"
#include "net/client_tls.hpp"

namespace framepipe::broker {
namespace {

using std::chrono::milliseconds;

/// libmosquitto's least. It sends a ping after so long without a word, and gives up after as long again.
constexpr int kKeepAliveSeconds = 5;
/// What may stand unsent in the socket: beyond it a message is unfinished.
constexpr int kUnsent = 64 * 1024;

/// Frees what the library has allocated.
struct FreeProperties {
    void operator()(mosquitto_property* list) const { ::mosquitto_property_free_all(&list); }
};
struct Destroy {
    void operator()(mosquitto* client) const { ::mosquitto_destroy(client); }
};
using PropertyList = std::unique_ptr<mosquitto_property, FreeProperties>;

int pending_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

struct Connection::Impl {
    Impl(const Host& host, const ConnectionOptions& options, Handler handler, std::stop_token stop)
        : host_(host),
          options_(options),
          handler_(std::move(handler)),
          stop_(std::move(stop)),
          wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (!wake_) throw SystemError("cannot make an eventfd", errno);
        static std::once_flag once;
        std::call_once(once, [] { ::mosquitto_lib_init(); });
        stop_wakes_.emplace(stop_, [this] { wake(); });
    }

    // Connecting.
    void connect();
    bool connect_by(int version, const std::string& address);
    void make_client(int version);
    void settle_socket() const;

    // Waiting.
    void wait(SteadyClock::time_point until, std::unique_lock<std::mutex>* turn = nullptr);
    void wake() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
    }
    template <typename Condition>
    void wait_for(Condition condition, milliseconds limit, const char* what) {
        const auto until = SteadyClock::now() + limit;
        while (!condition()) {
            if (SteadyClock::now() >= until && !tcp_connected_) fail_connecting(ETIMEDOUT);
            if (SteadyClock::now() >= until)
                throw SilentError(fmt::format("the broker does not {} within {} s", what, limit.count() / 1000));
            wait(until);
        }
    }
    void check(int code) const;
    [[noreturn]] void fail(int code) const;
    [[noreturn]] void fail_connecting(int error_number) const;

    // Called by the library.
    void on_connect(int code, const mosquitto_property* properties);
    void on_message(const mosquitto_message& message, const mosquitto_property* properties) const;
    void on_publish(int id, int code);

    const Host host_;
    const ConnectionOptions options_;
    const Handler handler_;
    const std::stop_token stop_;
    const Descriptor wake_;
    std::optional<std::stop_callback<std::function<void()>>> stop_wakes_;

    std::optional<ClientTls> tls_;
    std::unique_ptr<mosquitto, Destroy> client_;
    int version_ = MQTT_PROTOCOL_V5;
    bool tcp_connected_ = false;
    std::optional<int> answer_;      // to our CONNECT
    std::optional<int> said_leave_;  // why the broker closed the connection, in its words
    std::string tls_words_;          // what OpenSSL complained of last
    std::optional<std::uint64_t> max_packet_;
    std::size_t unfinished_ = 0;
    std::map<int, std::function<void(const std::optional<Refusal>&)>> unacknowledged_;  // with whom to tell
    std::set<int> unanswered_;                                                          // subscriptions
    std::string refused_;  // why the broker would not take something; empty: nothing was refused
};

void Connection::Impl::make_client(int version) {
    version_ = version;
    tcp_connected_ = false;
    answer_.reset();
    said_leave_.reset();
    client_.reset(::mosquitto_new(options_.client_id.c_str(), true, this));
    if (!client_) throw SystemError("cannot make an MQTT client", errno);
    mosquitto* client = client_.get();
    ::mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, version);
    ::mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    ::mosquitto_connect_v5_callback_set(client, [](mosquitto*, void* self, int code, int, const mosquitto_property* properties) {
        static_cast<Impl*>(self)->on_connect(code, properties);
    });
    ::mosquitto_disconnect_v5_callback_set(
        client, [](mosquitto*, void* self, int code, const mosquitto_property*) { static_cast<Impl*>(self)->said_leave_ = code; });
    ::mosquitto_publish_v5_callback_set(client, [](mosquitto*, void* self, int id, int code, const mosquitto_property*) {
        static_cast<Impl*>(self)->on_publish(id, code);
    });
    ::mosquitto_message_v5_callback_set(client,
                                        [](mosquitto*, void* self, const mosquitto_message* message, const mosquitto_property* properties) {
                                            static_cast<Impl*>(self)->on_message(*message, properties);
                                        });
    ::mosquitto_subscribe_callback_set(client, [](mosquitto*, void* self, int id, int count, const int* granted) {
        auto& impl = *static_cast<Impl*>(self);
        if (impl.unanswered_.erase(id) == 0) return;
        for (int i = 0; i < count; ++i)
            if (granted[i] >= 128)
                impl.refused_ = "it does not let us subscribe: " + connect_reason(granted[i], impl.version_ == MQTT_PROTOCOL_V5);
    });
    ::mosquitto_log_callback_set(client, [](mosquitto*, void* self, int level, const char* words) {
        if (level == MOSQ_LOG_ERR) static_cast<Impl*>(self)->tls_words_ = openssl_reason(words);
    });
    const auto& login = options_.login;
    if (!login.user.empty() || !login.password.empty())
        ::mosquitto_username_pw_set(client, login.user.c_str(), login.password.empty() ? nullptr : login.password.c_str());
    if (options_.will)
        check(::mosquitto_will_set_v5(client, options_.will->topic.c_str(), static_cast<int>(options_.will->payload.size()),
                                      options_.will->payload.data(), 0, true, nullptr));
    if (!options_.tls) return;
    tls_.emplace(host_.name, ClientTlsFiles{login.ca_file, login.certificate_file, login.key_file});
    check(::mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, tls_->context()));
    check(::mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0));
}

/// returns  false if the broker knows no such version
bool Connection::Impl::connect_by(int version, const std::string& address) {
    make_client(version);
    tls_words_.clear();
    const int started = ::mosquitto_connect_async(client_.get(), address.c_str(), host_.port, kKeepAliveSeconds);
    // EPROTO is the library's word for whatever ends TLS.
    if (started == MOSQ_ERR_ERRNO && errno != 0 && errno != EPROTO) fail_connecting(errno);
    check(started);
    try {
        wait_for([this] { return answer_.has_value(); }, options_.answer, "answer");
    } catch (const Error&) {
        // Old brokers end a conversation whose version they do not know, with or without a word.
        const bool is_unknown = answer_ == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION ||
                                (tcp_connected_ && said_leave_ && said_leave_ != MOSQ_ERR_KEEPALIVE && !answer_ && tls_words_.empty());
        if (version == MQTT_PROTOCOL_V5 && is_unknown && !stop_.stop_requested()) return false;
        throw;
    }
    if (version == MQTT_PROTOCOL_V5 && (*answer_ == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION || *answer_ == CONNACK_REFUSED_PROTOCOL_VERSION))
        return false;
    if (*answer_ != 0) fail(MOSQ_ERR_CONN_REFUSED);
    settle_socket();
    return true;
}

void Connection::Impl::connect() {
    // Over TLS the certificate is the name's.
    const auto addresses = options_.tls ? std::vector{host_.name} : host_.addresses();
    for (const auto& address : addresses) {
        try {
            if (!connect_by(MQTT_PROTOCOL_V5, address) && !connect_by(MQTT_PROTOCOL_V311, address))
                throw Error("the broker speaks neither MQTT 5 nor 3.1.1");
            return;
        } catch (const Error&) {
            if (tcp_connected_ || &address == &addresses.back() || stop_.stop_requested()) throw;
        }
    }
}

void Connection::Impl::settle_socket() const {
    // The library makes words of every packet for who listens to them, and they are of use only until now.
    ::mosquitto_log_callback_set(client_.get(), nullptr);
    if (tls_) ClientTls::settle(static_cast<ssl_st*>(::mosquitto_ssl_get(client_.get())));
    const int fd = ::mosquitto_socket(client_.get());
    // The library's own queue, and with it unfinished(), begins here and not after megabytes in the kernel.
    ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsent, sizeof kUnsent);
    const auto timeout = static_cast<unsigned>(2 * options_.timeout.count());
    ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void Connection::Impl::check(int code) const {
    if (code == MOSQ_ERR_SUCCESS || code == MOSQ_ERR_CONN_PENDING) return;
    fail(code);
}

void Connection::Impl::fail(int code) const {
    if (answer_ && *answer_ != 0) {
        const std::string words = "the broker refuses the connection: " + connect_reason(*answer_, version_ == MQTT_PROTOCOL_V5);
        if (*answer_ == CONNACK_REFUSED_SERVER_UNAVAILABLE || *answer_ == MQTT_RC_SERVER_UNAVAILABLE) throw NotThereError(words);
        throw Error(words);
    }
    const bool is_silent = code == MOSQ_ERR_KEEPALIVE && !answer_;
    if (tls_ && !answer_ && !is_silent) {
        const auto words = tls_reason(tls_words_, tls_->wants_certificate(), !options_.login.certificate_file.empty());
        if (!words.empty()) throw Error("no secure connection: " + words);
    }
    if (said_leave_ && *said_leave_ >= 128) throw Error("the broker closed the connection: " + connect_reason(*said_leave_, true));
    // The library may be out of patience before we are.
    if (is_silent) throw NotThereError(library_reason(code));
    if (code == MOSQ_ERR_PROTOCOL || code == MOSQ_ERR_MALFORMED_PACKET) throw ProtocolError(library_reason(code));
    throw Error(library_reason(code));
}

void Connection::Impl::fail_connecting(int error_number) const {
    // Who asked for a certificate was reached, and may have closed the connection before we looked.
    const bool is_end = error_number == ECONNRESET || error_number == EPIPE;
    if (is_end && tls_ && tls_->wants_certificate()) fail(MOSQ_ERR_CONN_LOST);
    if (is_not_there(error_number)) throw NotThereError("cannot connect: " + system_reason(error_number));
    throw SystemError("cannot connect", error_number);
}

void Connection::Impl::wait(SteadyClock::time_point until, std::unique_lock<std::mutex>* turn) {
    mosquitto* client = client_.get();
    const int fd = ::mosquitto_socket(client);
    if (fd < 0) fail(MOSQ_ERR_CONN_LOST);
    const bool writes = !tcp_connected_ || ::mosquitto_want_write(client);
    pollfd polled[2]{{fd, static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), 0}, {wake_.get(), POLLIN, 0}};
    const auto left = std::chrono::ceil<milliseconds>(until - SteadyClock::now()).count();
    if (turn != nullptr) turn->unlock();
    ::poll(polled, 2, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000)));
    if (turn != nullptr) turn->lock();
    if (polled[1].revents != 0) {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof count);
    }
    if (stop_.stop_requested()) throw Error("told to stop");
    // What was published meanwhile may have found it broken.
    if (::mosquitto_socket(client) != fd) fail(MOSQ_ERR_CONN_LOST);
    if (polled[0].revents != 0 && !tcp_connected_) {
        if (const int error = pending_error(fd); error != 0) fail_connecting(error);
        tcp_connected_ = true;
    }
    if ((polled[0].revents & POLLOUT) != 0) check(::mosquitto_loop_write(client, 1));
    if ((polled[0].revents & ~POLLOUT) != 0) check(::mosquitto_loop_read(client, 1));
    check(::mosquitto_loop_misc(client));
    if (!refused_.empty()) throw Error(refused_);
}

void Connection::Impl::on_connect(int code, const mosquitto_property* properties) {
    answer_ = code;
    std::uint32_t size = 0;
    if (::mosquitto_property_read_int32(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, &size, false) != nullptr) max_packet_ = size;
}

void Connection::Impl::on_message(const mosquitto_message& message, const mosquitto_property* properties) const {
    if (!handler_) return;
    Message got{message.topic,
                {static_cast<const std::byte*>(message.payload), static_cast<std::size_t>(message.payloadlen)},
                message.retain,
                {},
                {}};
    for (const auto* one = properties; one != nullptr; one = ::mosquitto_property_next(one)) {
        char* name = nullptr;
        char* value = nullptr;
        if (::mosquitto_property_identifier(one) == MQTT_PROP_CONTENT_TYPE &&
            ::mosquitto_property_read_string(one, MQTT_PROP_CONTENT_TYPE, &value, false)) {
            got.content_type = value;
        } else if (::mosquitto_property_identifier(one) == MQTT_PROP_USER_PROPERTY &&
                   ::mosquitto_property_read_string_pair(one, MQTT_PROP_USER_PROPERTY, &name, &value, false)) {
            got.properties.emplace_back(name, value);
        }
        std::free(name);
        std::free(value);
    }
    handler_(got);
}

void Connection::Impl::on_publish(int id, int code) {
    const auto acknowledged = unacknowledged_.extract(id);
    if (!acknowledged) {
        --unfinished_;
    } else if (const auto& tell = acknowledged.mapped()) {
        tell(code < 128 ? std::nullopt : std::optional(Refusal{code == MQTT_RC_PACKET_TOO_LARGE, connect_reason(code, true)}));
    } else if (code >= 128) {
        refused_ = "it does not let us publish: " + connect_reason(code, true);
    }
}

Connection::Connection(const Host& host, const ConnectionOptions& options, Handler handler, std::stop_token stop)
    : impl_(std::make_unique<Impl>(host, options, std::move(handler), std::move(stop))) {
    impl_->connect();
}

Connection::~Connection() = default;

bool Connection::has_properties() const {
    return impl_->version_ == MQTT_PROTOCOL_V5;
}

std::optional<std::uint64_t> Connection::max_packet() const {
    return impl_->max_packet_;
}

void Connection::subscribe(const std::vector<std::string>& topics) {
    for (const auto& topic : topics) {
        int id = 0;
        impl_->check(::mosquitto_subscribe(impl_->client_.get(), &id, topic.c_str(), 0));
        impl_->unanswered_.insert(id);
    }
    impl_->wait_for([this] { return impl_->unanswered_.empty(); }, impl_->options_.timeout, "answer a subscription");
}

void Connection::try_subscribe(const std::string& topic) {
    impl_->check(::mosquitto_subscribe(impl_->client_.get(), nullptr, topic.c_str(), 0));
}

void Connection::unsubscribe(const std::vector<std::string>& topics) {
    for (const auto& topic : topics) impl_->check(::mosquitto_unsubscribe(impl_->client_.get(), nullptr, topic.c_str()));
}

bool Connection::publish(const Outgoing& message) {
    PropertyList list;
    if (has_properties()) {
        mosquitto_property* raw = nullptr;
        // The library takes no text that MQTT 5 advises against, such as control characters: who sends has seen to it.
        if (!message.content_type.empty()) ::mosquitto_property_add_string(&raw, MQTT_PROP_CONTENT_TYPE, message.content_type.c_str());
        for (const auto& [name, value] : message.properties)
            ::mosquitto_property_add_string_pair(&raw, MQTT_PROP_USER_PROPERTY, name.c_str(), value.c_str());
        list.reset(raw);
    }
    if (message.payload.size() > MQTT_MAX_PAYLOAD) return false;
    int id = 0;
    // The callback may come within the call.
    if (!message.acknowledged) ++impl_->unfinished_;
    const int code = ::mosquitto_publish_v5(impl_->client_.get(), &id, message.topic.c_str(), static_cast<int>(message.payload.size()),
                                            message.payload.data(), message.acknowledged ? 1 : 0, message.retain, list.get());
    if (code == MOSQ_ERR_SUCCESS && message.acknowledged) impl_->unacknowledged_.emplace(id, message.answered);
    if (code != MOSQ_ERR_SUCCESS && !message.acknowledged) --impl_->unfinished_;
    if (code == MOSQ_ERR_OVERSIZE_PACKET || code == MOSQ_ERR_PAYLOAD_SIZE) return false;
    impl_->check(code);
    return true;
}

void Connection::hold_back(bool held) {
    const int cork = held ? 1 : 0;
    ::setsockopt(::mosquitto_socket(impl_->client_.get()), IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
}

std::size_t Connection::unfinished() const {
    const bool others = !impl_->unacknowledged_.empty() && ::mosquitto_want_write(impl_->client_.get());
    return impl_->unfinished_ + (others ? 1 : 0);
}

std::size_t Connection::unacknowledged() const {
    return impl_->unacknowledged_.size();
}

void Connection::wait(SteadyClock::time_point until) {
    impl_->wait(until);
}

void Connection::wait(SteadyClock::time_point until, std::unique_lock<std::mutex>& turn) {
    impl_->wait(until, &turn);
}

void Connection::wake() {
    impl_->wake();
}

void Connection::close(milliseconds limit) noexcept {
    try {
        const auto until = SteadyClock::now() + limit;
        ::mosquitto_disconnect_v5(impl_->client_.get(), 0, nullptr);
        while (::mosquitto_socket(impl_->client_.get()) >= 0 && ::mosquitto_want_write(impl_->client_.get()) &&
               SteadyClock::now() < until) {
            pollfd polled{::mosquitto_socket(impl_->client_.get()), POLLOUT, 0};
            ::poll(&polled, 1, 50);
            if (::mosquitto_loop_write(impl_->client_.get(), 1) != MOSQ_ERR_SUCCESS) break;
        }
    } catch (...) {  // it is gone, whatever the reason
    }
}

}  // namespace framepipe::broker
