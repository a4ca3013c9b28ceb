#include "net/client_tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "frame/error.hpp"

namespace framepipe {
namespace {

void check_readable(const std::string& file) {
    if (!file.empty() && ::access(file.c_str(), R_OK) != 0) throw SystemError("cannot read " + file, errno);
}

}  // namespace

void ClientTls::Free::operator()(SSL_CTX* context) const {
    ::SSL_CTX_free(context);
}

ClientTls::ClientTls(const std::string& name, const ClientTlsFiles& files) : context_(::SSL_CTX_new(::TLS_client_method())) {
    for (const auto* file : {&files.ca, &files.certificate, &files.key}) check_readable(*file);
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
    const std::string ca = files.ca.empty() && own != nullptr ? own : files.ca;
    if (ca.empty())
        ::SSL_CTX_set_default_verify_paths(context);
    else if (::SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) != 1)
        throw Error("cannot use the certificates in " + ca);

    // A key that asks for a passphrase has nobody to ask.
    ::SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
    if (!files.certificate.empty() && ::SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        throw Error("cannot use the certificate in " + files.certificate);
    if (!files.key.empty() && ::SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
        throw Error("cannot use the key in " + files.key + ": it has a passphrase, belongs to another certificate or is none");
    // What did not matter here is no reason of what fails later.
    ::ERR_clear_error();

    ::SSL_CTX_set_msg_callback(context, [](int sent, int, int type, const void* bytes, std::size_t size, SSL*, void* wants) {
        if (sent == 0 && type == SSL3_RT_HANDSHAKE && size > 0 && *static_cast<const unsigned char*>(bytes) == SSL3_MT_CERTIFICATE_REQUEST)
            *static_cast<bool*>(wants) = true;
    });
    SSL_CTX_set_msg_callback_arg(context, wants_certificate_.get());
}

void ClientTls::settle(SSL* connection) {
    ::SSL_set_msg_callback(connection, nullptr);
}

}  // namespace framepipe
