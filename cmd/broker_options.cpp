#include "broker_options.hpp"

#include "cli/token.hpp"
#include "frame/error.hpp"

namespace framepipe {

std::string BrokerOptions::given() const {
    if (!password_file.empty()) return "--password-file";
    if (!tls_ca.empty()) return "--tls-ca";
    if (!tls_cert.empty()) return "--tls-cert";
    return tls_key.empty() ? "" : "--tls-key";
}

broker::Login BrokerOptions::login(const broker::Address& address) const {
    if (tls_cert.empty() != tls_key.empty()) throw UsageError("--tls-cert and --tls-key belong together");
    if (!address.tls && !(tls_ca + tls_cert).empty()) throw UsageError("certificates are for mqtts:// only");
    return {address.user, read_password(password_file), tls_ca, tls_cert, tls_key};
}

void declare_broker(CLI::App& app, BrokerOptions& options) {
    app.add_option("--password-file", options.password_file, "mqtt://: log in with the password in this file (or in $FRAMEPIPE_PASSWORD)")
        ->type_name("FILE");
    app.add_option("--tls-ca", options.tls_ca, "mqtts://: trust the certificates in this file instead of the system's")->type_name("FILE");
    app.add_option("--tls-cert", options.tls_cert, "mqtts://: show the broker this certificate")->type_name("FILE");
    app.add_option("--tls-key", options.tls_key, "mqtts://: the key of --tls-cert")->type_name("FILE");
}

}  // namespace framepipe
