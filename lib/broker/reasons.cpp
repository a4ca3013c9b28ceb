#include "broker/reasons.hpp"

#include <mosquitto.h>

#include <cerrno>

#include "frame/error.hpp"

namespace framepipe::broker {
namespace {

/// "Not authorized." is "not authorized".
std::string in_our_style(std::string words) {
    while (!words.empty() && (words.back() == '.' || words.back() == ' ' || words.back() == '\n')) words.pop_back();
    if (words.size() > 1 && words[1] >= 'a' && words[1] <= 'z') words[0] = static_cast<char>(words[0] | 0x20);
    return words;
}

}  // namespace

std::string connect_reason(int code, bool version5) {
    switch (code) {
        case 1:
        case 132:
            return "it does not speak our version of MQTT";
        case 2:
        case 133:
            return "it does not take our client identifier";
        case 3:
        case 136:
            return "it is not available now";
        case 4:
        case 134:
            return "wrong user name or password";
        case 5:
        case 135:
            return "not authorized; a user and a password may be missing (mqtt://USER@host, --password-file)";
        case 128:
            return "no reason given";
        case 142:
            return "another client with our identifier has connected";
        case 149:
            return "a packet was too large for it";
        default:
            return in_our_style(version5 ? ::mosquitto_reason_string(code) : ::mosquitto_connack_string(code));
    }
}

std::string library_reason(int code) {
    switch (code) {
        case MOSQ_ERR_CONN_LOST:
        case MOSQ_ERR_NO_CONN:
            return "the broker closed the connection";
        case MOSQ_ERR_KEEPALIVE:
            return "the broker is silent";
        case MOSQ_ERR_PROTOCOL:
        case MOSQ_ERR_MALFORMED_PACKET:
        case MOSQ_ERR_MALFORMED_UTF8:
        case MOSQ_ERR_DUPLICATE_PROPERTY:
            return "what the broker sends is no MQTT";
        case MOSQ_ERR_ERRNO:
            if (errno == 0 || errno == ECONNRESET || errno == EPIPE || errno == EPROTO) return "the broker closed the connection";
            return "the connection broke: " + system_reason(errno);
        default:
            return in_our_style(::mosquitto_strerror(code));
    }
}

std::string openssl_reason(std::string_view line) {
    if (line.find("OpenSSL") == std::string_view::npos && line.find("TLS") == std::string_view::npos &&
        line.find("ertificate") == std::string_view::npos)
        return {};
    const auto colon = line.rfind(':');
    return in_our_style(std::string(colon == std::string_view::npos || colon + 1 == line.size() ? line : line.substr(colon + 1)));
}

std::string tls_reason(const std::string& words, bool wants_certificate, bool has_certificate) {
    const bool is_alert = words.find(" alert ") != std::string::npos;
    // Whether the alert comes or only the end of the connection is a matter of chance.
    const bool is_end = words.empty() || words == "connection reset by peer" || words == "broken pipe";
    if (!wants_certificate || !(is_alert || is_end)) return words;
    if (!has_certificate) return "the broker wants a certificate (--tls-cert, --tls-key)";
    if (is_end) return "the broker may not take our certificate (--tls-cert)";
    return "the broker does not take our certificate: " + words;
}

}  // namespace framepipe::broker
