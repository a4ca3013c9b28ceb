#include "broker/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "frame/error.hpp"

namespace framepipe::broker {
namespace {

void check_readable(const std::string& file) {
    if (!file.empty() && ::access(file.c_str(), R_OK) != 0) throw SystemError("cannot read " + file, errno);
}

}  // namespace

void TlsContext::Free::operator()(SSL_CTX* context) const {
    ::SSL_CTX_free(context);
}

TlsContext::TlsContext(const std::string& name, const Login& login)
    : context_(::SSL_CTX_new(::TLS_client_method())), has_certificate_(!login.certificate_file.empty()) {
    for (const auto* file : {&login.ca_file, &login.certificate_file, &login.key_file}) check_readable(*file);
    SSL_CTX* const context = context_.get();
    if (context == nullptr) throw Error("cannot make a TLS context");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    ::SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);

    ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    auto* const expected = ::SSL_CTX_get0_param(context);
    if (::X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str()) != 1 &&
        ::X509_VERIFY_PARAM_set1_host(expected, name.c_str(), name.size()) != 1)
        throw Error("no certificate can have the name " + name);
    const char* const own = std::getenv("SSL_CERT_FILE");
    const std::string ca = login.ca_file.empty() && own != nullptr ? own : login.ca_file;
    if (ca.empty())
        ::SSL_CTX_set_default_verify_paths(context);
    else if (::SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) != 1)
        throw Error("cannot use the certificates in " + ca);

    // A key that asks for a passphrase has nobody to ask.
    ::SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
    if (has_certificate_ && ::SSL_CTX_use_certificate_chain_file(context, login.certificate_file.c_str()) != 1)
        throw Error("cannot use the certificate in " + login.certificate_file);
    if (!login.key_file.empty() && ::SSL_CTX_use_PrivateKey_file(context, login.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        throw Error("cannot use the key in " + login.key_file + ": it has a passphrase, belongs to another certificate or is none");
    // What did not matter here is no reason of what fails later.
    ::ERR_clear_error();

    ::SSL_CTX_set_msg_callback(context, [](int sent, int, int type, const void* bytes, std::size_t size, SSL*, void* wants) {
        if (sent == 0 && type == SSL3_RT_HANDSHAKE && size > 0 && *static_cast<const unsigned char*>(bytes) == SSL3_MT_CERTIFICATE_REQUEST)
            *static_cast<bool*>(wants) = true;
    });
    SSL_CTX_set_msg_callback_arg(context, wants_certificate_.get());
}

void TlsContext::settle(SSL* connection) {
    ::SSL_set_msg_callback(connection, nullptr);
}

std::string TlsContext::reason(const std::string& words) const {
    const bool is_alert = words.find(" alert ") != std::string::npos;
    // Whether the alert comes or only the end of the connection is a matter of chance.
    const bool is_end = words.empty() || words == "connection reset by peer" || words == "broken pipe";
    if (!*wants_certificate_ || !(is_alert || is_end)) return words;
    if (!has_certificate_) return "the broker wants a certificate (--tls-cert, --tls-key)";
    if (is_end) return "the broker may not take our certificate (--tls-cert)";
    return "the broker does not take our certificate: " + words;
}

}  // namespace framepipe::broker
