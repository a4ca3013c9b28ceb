#include "serve/tls.hpp"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "frame/descriptor.hpp"
#include "frame/error.hpp"

namespace framepipe::serve {
namespace {

struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, Free>;
using ContextPtr = std::unique_ptr<SSL_CTX, Free>;

/// OpenSSL's own words for what has just failed, in our style.
std::string reason() {
    const char* words = ERR_reason_error_string(ERR_peek_error());
    std::string text = words ? words : "it is of no use";
    ERR_clear_error();
    return text;
}

void check_readable(const std::string& attempt, const std::string& file) {
    const Descriptor probe(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!probe) throw SystemError(attempt, errno);
}

/// Nobody is there to be asked for a passphrase.
int no_passphrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

/// Of what a client offers we speak HTTP/1.1; one that offers none of it may try.
int choose_http_1_1(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned offered_size, void*) {
    static constexpr unsigned char kOurs[] = "\x08http/1.1";
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, size, kOurs, sizeof kOurs - 1, offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

struct TlsIdentity::Keys {
    ContextPtr context;
};

struct TlsStream::Impl {
    SslPtr ssl;
    std::shared_ptr<const void> keys;
    bool plain_http = false;
    bool wants_write = false;

    /// What a call of OpenSSL came to, in the manner of the socket calls.
    ssize_t outcome(int result) {
        const int error = SSL_get_error(ssl.get(), result);
        wants_write = error == SSL_ERROR_WANT_WRITE;
        switch (error) {
            case SSL_ERROR_WANT_READ:
            case SSL_ERROR_WANT_WRITE:
                errno = EAGAIN;
                return -1;
            case SSL_ERROR_ZERO_RETURN:
                return 0;
            case SSL_ERROR_SYSCALL:
                if (errno == 0) errno = ECONNRESET;
                return -1;
            default:
                plain_http = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
                errno = EPROTO;
                return -1;
        }
    }
};

TlsStream::TlsStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsStream::~TlsStream() = default;

ssize_t TlsStream::receive(std::span<char> buffer) {
    ERR_clear_error();  // what is left there would be taken for this call's
    errno = 0;
    const int n = SSL_read(impl_->ssl.get(), buffer.data(), static_cast<int>(std::min<std::size_t>(buffer.size(), INT_MAX)));
    impl_->wants_write = false;
    return n > 0 ? n : impl_->outcome(n);
}

ssize_t TlsStream::send(std::string_view bytes) {
    ERR_clear_error();
    errno = 0;
    const int n = SSL_write(impl_->ssl.get(), bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX)));
    return n > 0 ? n : impl_->outcome(n);
}

bool TlsStream::established() const {
    return SSL_is_init_finished(impl_->ssl.get()) == 1;
}

bool TlsStream::wants_write() const {
    return impl_->wants_write;
}

bool TlsStream::is_plain_http() const {
    return impl_->plain_http;
}

void TlsStream::finish() {
    ERR_clear_error();
    if (established()) SSL_shutdown(impl_->ssl.get());
}

TlsIdentity::TlsIdentity(std::string certificates, std::string key)
    : certificates_(std::move(certificates)), key_(key.empty() ? certificates_ : std::move(key)), keys_(read()) {}
TlsIdentity::~TlsIdentity() = default;

std::shared_ptr<const TlsIdentity::Keys> TlsIdentity::read() const {
    const std::string about_certificate = "cannot read the certificate in " + certificates_;
    const std::string about_key = "cannot read the key in " + key_;
    ERR_clear_error();
    ContextPtr context(SSL_CTX_new(TLS_server_method()));
    if (!context) throw Error("cannot set up TLS: " + reason());
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    // A peer that leaves without a farewell is nothing special: each message says itself where it ends.
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // What a socket takes is sent; and a viewer for whom nothing waits holds no buffers.
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(context.get(), choose_http_1_1, nullptr);
    bool passphrase_asked = false;
    SSL_CTX_set_default_passwd_cb(context.get(), no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context.get(), &passphrase_asked);

    check_readable(about_certificate, certificates_);
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificates_.c_str()) != 1)
        throw Error(about_certificate + ": it is no certificate in PEM (" + reason() + ")");
    check_readable(about_key, key_);
    if (SSL_CTX_use_PrivateKey_file(context.get(), key_.c_str(), SSL_FILETYPE_PEM) != 1) {
        if (passphrase_asked) throw Error(about_key + ": it has a passphrase, for which nobody can be asked");
        if (ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH)
            throw Error("the key in " + key_ + " is not that of the certificate in " + certificates_);
        throw Error(about_key + ": it is no private key in PEM (" + reason() + ")");
    }
    if (SSL_CTX_check_private_key(context.get()) != 1)
        throw Error("the key in " + key_ + " is not that of the certificate in " + certificates_);
    SSL_CTX_set_default_passwd_cb_userdata(context.get(), nullptr);
    return std::make_shared<const Keys>(Keys{std::move(context)});
}

void TlsIdentity::reload() {
    auto keys = read();
    const std::lock_guard lock(mutex_);
    keys_ = std::move(keys);
}

std::unique_ptr<TlsStream> TlsIdentity::open(int socket) const {
    auto impl = std::make_unique<TlsStream::Impl>();
    std::shared_ptr<const Keys> keys;
    {
        const std::lock_guard lock(mutex_);
        keys = keys_;
    }
    impl->ssl.reset(SSL_new(keys->context.get()));
    if (!impl->ssl || SSL_set_fd(impl->ssl.get(), socket) != 1) throw Error("cannot set up TLS for a connection: " + reason());
    SSL_set_accept_state(impl->ssl.get());
    impl->keys = std::move(keys);
    return std::make_unique<TlsStream>(std::move(impl));
}

}  // namespace framepipe::serve
