// How a command shows a broker who it is, and whom it trusts.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "broker/connection.hpp"

namespace framepipe {

struct BrokerOptions {
    std::string password_file;
    std::string tls_ca;
    std::string tls_cert;
    std::string tls_key;

    /// The first of these options that is given ("--tls-ca"); empty: none is.
    std::string given() const;
    /// Reads the password.
    /// throws UsageError if certificate and key are not given together, or are for a connection without TLS
    broker::Login login(const broker::Address& address) const;
};

/// Declares --password-file, --tls-ca, --tls-cert and --tls-key.
void declare_broker(CLI::App& app, BrokerOptions& options);

}  // namespace framepipe
