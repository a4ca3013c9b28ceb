// What TLS needs to know of a broker and of us.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "broker/login.hpp"

namespace framepipe::broker {

/// A context of our own, in place of the one that libmosquitto would make: what the broker wants of us is not always
/// among the library's words, since the broker's last ones may be lost with the connection.
class TlsContext {
public:
    /// name  that the broker's certificate must have, or its IP address
    /// throws Error if a file of `login` cannot be read or used
    TlsContext(const std::string& name, const Login& login);

    SSL_CTX* get() const { return context_.get(); }

    /// No more is to be learned from this connection.
    static void settle(SSL* connection);

    /// Why there is no secure connection; empty: nothing says that it is for TLS.
    /// words  what OpenSSL complained of last; empty: nothing
    std::string reason(const std::string& words) const;

private:
    struct Free {
        void operator()(SSL_CTX* context) const;
    };
    std::unique_ptr<SSL_CTX, Free> context_;
    bool has_certificate_;
    std::unique_ptr<bool> wants_certificate_ = std::make_unique<bool>(false);  // the broker has asked for ours
};

}  // namespace framepipe::broker
