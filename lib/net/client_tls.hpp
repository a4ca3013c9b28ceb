// What TLS needs to know of a server and of us.
#pragma once

#include <memory>
#include <string>

// OpenSSL's SSL_CTX and SSL.
struct ssl_ctx_st;
struct ssl_st;

namespace framepipe {

/// PEM files; each is empty where it is not wanted.
struct ClientTlsFiles {
    std::string ca;           // empty: what the system trusts, or SSL_CERT_FILE
    std::string certificate;  // ours, with its key
    std::string key;
};

/// A context for libraries that connect by themselves. It also knows whether the server has asked for a certificate,
/// which its last words do not always tell: they may be lost with the connection.
class ClientTls {
public:
    /// name  that the server's certificate must have, or its IP address
    /// throws Error if a file cannot be read or used
    ClientTls(const std::string& name, const ClientTlsFiles& files);

    ssl_ctx_st* context() const { return context_.get(); }
    bool wants_certificate() const { return *wants_certificate_; }

    /// No more is to be learned from this connection.
    static void settle(ssl_st* connection);

private:
    struct Free {
        void operator()(ssl_ctx_st* context) const;
    };
    std::unique_ptr<ssl_ctx_st, Free> context_;
    std::unique_ptr<bool> wants_certificate_ = std::make_unique<bool>(false);
};

}  // namespace framepipe
